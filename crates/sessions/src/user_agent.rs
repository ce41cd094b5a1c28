//! A name for the browser and system behind a User-Agent header: for people, never for rules.

/// Looked for in this order: most browsers also call themselves by the names below theirs.
const BROWSERS: [(&str, &str); 11] = [
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("okhttp/", "Android app"),
];

const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("CFNetwork", "Apple device"),
    ("Linux", "Linux"),
];

/// For example `Firefox 140 (Windows)`; empty for an empty header.
pub fn device_name(user_agent: &str) -> String {
    let browser = BROWSERS.iter().find_map(|(mark, name)| {
        let (_, rest) = user_agent.split_once(mark)?;
        let major: String = rest.chars().take_while(char::is_ascii_digit).take(4).collect();
        Some(if major.is_empty() { (*name).to_owned() } else { format!("{name} {major}") })
    });
    let system = SYSTEMS.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} ({system})"),
        (Some(browser), None) => browser,
        (None, Some(system)) => system.to_owned(),
        // A program: what stands before the first slash, which is its name.
        (None, None) => {
            user_agent.split(['/', ' ']).next().unwrap_or_default().chars().take(40).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::device_name;

    #[track_caller]
    fn check(user_agent: &str, expected: &str) {
        assert_eq!(device_name(user_agent), expected);
    }

    #[test]
    fn browsers_are_told_apart() {
        check(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox 140 (Windows)",
        );
        check(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
            "Safari 18 (macOS)",
        );
        check(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
            "Edge 131 (Linux)",
        );
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1",
            "Chrome 131 (iPhone)",
        );
    }

    #[test]
    fn programs_go_by_their_name() {
        check("curl/8.9.1", "curl");
        check("", "");
        check(&"x".repeat(500), &"x".repeat(40));
    }
}
