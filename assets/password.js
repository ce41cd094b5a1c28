// Shows and hides passwords, and says live how a new one fares.
//
// The server decides: the list of rules is checked there again, with the same words.
// The strength shown here is an estimate made without a dictionary of any size, on
// purpose a little pessimistic, and it never sends the password anywhere.

// ---- show and hide

for (const button of document.querySelectorAll("button.reveal")) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.title = shown ? button.dataset.hide : button.dataset.show;
  };
  button.setAttribute("aria-label", button.dataset.show);
  button.hidden = false;
  show(false);
  button.addEventListener("click", () => show(input.type === "password"));
  // A password manager must find a password field when the form is sent.
  input.form?.addEventListener("submit", () => show(false));
}

// ---- policy: one test for each rule that can be judged here

const tests = {
  PasswordTooShort: (password, value) => [...password].length >= Number(value),
  PasswordUppercaseRequired: (password) => /[A-Z]/.test(password),
  PasswordLowercaseRequired: (password) => /[a-z]/.test(password),
  PasswordAlphabetRequired: (password) => /[A-Za-z]/.test(password),
  PasswordDigitRequired: (password) => /[0-9]/.test(password),
  PasswordSymbolRequired: (password) => /[^A-Za-z0-9]/.test(password),
  PasswordBelowGuessableLevel: (password, value) => level(password) >= Number(value),
};

function judge(item, password) {
  const test = tests[item.dataset.rule];
  const status = item.querySelector("[data-status]");
  // What the server said was about another password.
  item.classList.remove("unmet");
  status.textContent = "";
  if (!test) return;
  const met = password !== "" && test(password, item.dataset.value);
  item.classList.toggle("met", met);
  status.textContent = met ? status.dataset.met : status.dataset.unmet;
}

// ---- strength: how many guesses, as a power of ten

const common = [
  "password", "passw0rd", "qwerty", "qwertyuiop", "asdfgh", "zxcvbn", "letmein", "welcome",
  "iloveyou", "admin", "login", "monkey", "dragon", "football", "baseball", "sunshine", "princess",
  "master", "shadow", "superman", "batman", "trustno1", "hello", "freedom", "whatever", "secret",
  "summer", "winter", "spring", "autumn", "hongkong", "china", "london", "love", "test", "demo",
];

const swaps = { 0: "o", 1: "l", 3: "e", 4: "a", 5: "s", 7: "t", "@": "a", $: "s", "!": "i" };

/** Splits off what a guesser tries first; each such piece counts as a few characters at most. */
export function guesses(password) {
  let rest = password.toLowerCase();
  let power = 0;
  const plain = () => [...rest].map((it) => swaps[it] ?? it).join("");
  for (const word of common) {
    const at = Math.max(rest.indexOf(word), plain().indexOf(word));
    if (at >= 0 && word.length >= 4) {
      rest = rest.slice(0, at) + rest.slice(at + word.length);
      power += 2;
    }
  }
  rest = rest.replace(/(19|20)\d\d|\d{1,2}[-/.]\d{1,2}([-/.]\d{2,4})?/g, () => ((power += 2.2), ""));
  rest = rest.replace(/(.)\1{2,}/g, (run) => ((power += 1.2 + Math.log10(run.length)), ""));
  rest = withoutSequences(rest, () => (power += 1.5));
  // Four letters in a row are likely to be a word.
  rest = rest.replace(/[a-z]{4,}/g, (word) => ((power += 3.5 + 0.35 * (word.length - 4)), ""));
  const mixed = /[a-z]/.test(password) && /[A-Z]/.test(password) ? 0.4 : 0;
  for (const it of rest) {
    power += /\d/.test(it) ? 0.9 : /[a-z]/.test(it) ? 1.05 : 1.45;
  }
  return power + mixed;
}

/** Takes out runs such as "abcd" or "9876". */
function withoutSequences(text, found) {
  let kept = "";
  let run = text.slice(0, 1);
  for (let i = 1; i <= text.length; i += 1) {
    const step = text.charCodeAt(i) - text.charCodeAt(i - 1);
    const before = run.length < 2 ? step : run.charCodeAt(1) - run.charCodeAt(0);
    if (i < text.length && Math.abs(step) === 1 && step === before) {
      run += text[i];
      continue;
    }
    if (run.length >= 3) found();
    else kept += run;
    run = text.slice(i, i + 1);
  }
  return kept;
}

/** One of the five levels that the policy counts in. */
export function level(password) {
  const power = guesses(password);
  return power < 3.5 ? 1 : power < 6.5 ? 2 : power < 9 ? 3 : power < 11.5 ? 4 : 5;
}

for (const group of document.querySelectorAll("[data-new-password]")) {
  const input = group.querySelector("input[name=new_password]");
  const meter = group.querySelector("[data-meter]");
  const text = group.querySelector("[data-meter-text]");
  const rules = group.querySelectorAll("[data-rule]");
  input.addEventListener("input", () => {
    meter.hidden = input.value === "";
    const reached = level(input.value);
    meter.dataset.level = String(reached);
    text.textContent = meter.getAttribute(`data-level-${reached}`);
    for (const item of rules) judge(item, input.value);
  });
}
