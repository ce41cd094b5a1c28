//! The tables of `docs/benchmarks.md`.

use std::fmt::Write as _;

use crate::goals::{Goal, goals};
use crate::load::Round;
use crate::results::{Measured, Results, RoundsOf};

pub fn markdown(results: &Results) -> String {
    let mut text = String::new();
    let Results { measured_at, cores, load_average, rounds, seconds, engines } = results;
    let day = measured_at.get(..10).unwrap_or_default();
    let _ = writeln!(
        text,
        "{day}, {cores} core(s) for the server, {rounds} rounds of {seconds} s, load average {load_average} in the \
         beginning.\n"
    );
    for measured in engines {
        let _ = writeln!(text, "### {}\n", measured.engine);
        let _ = writeln!(text, "People signed in: {}.\n", measured.people);
        floor(&mut text, measured);
        workloads(&mut text, measured);
        figures(&mut text, &goals(measured, *cores));
        notes(&mut text, measured);
    }
    text
}

fn floor(text: &mut String, measured: &Measured) {
    let floor = &measured.floor;
    let hello = spread(floor.hello.iter().map(Round::processor_ms), 3);
    let hash = spread(floor.hash_ms.iter().copied(), 1);
    let signature = spread(floor.signature_ms.iter().copied(), 3);
    let memory = floor.hello_memory_kib as f64 / 1024.0;
    let _ = writeln!(
        text,
        "| floor | |\n|---|---|\n\
         | hello on axum, processor ms | {hello} |\n\
         | its memory | {memory:.0} MB |\n\
         | one argon2id hash (19 MiB, 2 passes), ms | {hash} |\n\
         | one RS256 signature, ms | {signature} |\n"
    );
}

fn workloads(text: &mut String, measured: &Measured) {
    text.push_str(
        "| workload | connections | processor ms | × hello | a second | p50 / p99 ms | errors |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let hello = median(measured.floor.hello.iter().map(Round::processor_ms));
    for RoundsOf { workload, connections, rounds } in &measured.workloads {
        let of = |value: fn(&Round) -> f64| median(rounds.iter().map(value));
        let errors: u64 = rounds.iter().map(|it| it.errors).sum();
        let _ = writeln!(
            text,
            "| {workload} | {connections} | {} | {:.1} | {:.0} | {:.1} / {:.1} | {errors} |",
            spread(rounds.iter().map(Round::processor_ms), 3),
            of(Round::processor_ms) / hello,
            of(Round::per_second),
            of(|it| it.p50_ms),
            of(|it| it.p99_ms),
        );
    }
    text.push('\n');
}

fn figures(text: &mut String, goals: &[Goal]) {
    text.push_str("| figure | | measured | must | goal | |\n|---|---|---|---|---|---|\n");
    for Goal { name, what, unit, measured, must, wanted } in goals {
        let verdict = match () {
            () if measured <= wanted => "goal reached".to_owned(),
            () if measured <= must => format!("must reached; {:.1} × the goal", measured / wanted),
            () => format!("**missed**: {:.1} × the must", measured / must),
        };
        let measured = rounded(*measured);
        let _ = writeln!(
            text,
            "| {name} | {what} | {measured} {unit} | {must} | {wanted} | {verdict} |"
        );
    }
    text.push('\n');
}

fn notes(text: &mut String, measured: &Measured) {
    for start in &measured.starts {
        let ready = spread(start.ready_ms.iter().copied(), 0);
        let page = spread(start.login_page_ms.iter().copied(), 0);
        let what = &start.what;
        let _ = writeln!(
            text,
            "* Start ({what}): ready after {ready} ms, sign-in page after {page} ms."
        );
    }
    let mb = |kib: u64| kib as f64 / 1024.0;
    let memory = &measured.memory;
    let _ = writeln!(
        text,
        "* Memory: {:.0} MB idle, {:.0} MB after the load, {:.0} MB after the storm, {:.0} MB at most.",
        mb(memory.idle),
        mb(memory.after_load),
        mb(memory.after_storm),
        mb(memory.highest),
    );
    if let Some(it) = &measured.durability {
        let _ = writeln!(
            text,
            "* Durability: {} commits for {} refreshes by 64 clients; the disk alone did {:.0} syncs a \
             second.",
            it.commits, it.refreshes, it.probe_syncs_per_second
        );
    }
    if let Some(it) = &measured.storm {
        let _ = writeln!(
            text,
            "* Storm: {} checks a second beside {} people signing in; p99 {} ms alone, {} ms in the \
             storm; with {}, the 99th percentile of being told to come back was {:.0} ms; {} signed \
             in, {} were told to come back, {} failed; {} checks failed.",
            it.checks_per_second,
            it.sign_ins_at_once,
            spread(it.quiet_p99_ms.iter().copied(), 1),
            spread(it.beside_p99_ms.iter().copied(), 1),
            it.sign_ins_too_many,
            it.refused_p99_ms,
            it.signed_in,
            it.refused,
            it.failed,
            it.errors,
        );
    }
    text.push('\n');
}

/// The median, with the lowest and the highest where there are several.
fn spread(values: impl Iterator<Item = f64>, digits: usize) -> String {
    let values: Vec<f64> = values.collect();
    let middle = median(values.iter().copied());
    let lowest = values.iter().copied().fold(f64::MAX, f64::min);
    let highest = values.iter().copied().fold(0.0, f64::max);
    if values.len() < 2 {
        return format!("{middle:.digits$}");
    }
    format!("{middle:.digits$} ({lowest:.digits$}–{highest:.digits$})")
}

/// Two significant digits are what there is to know.
fn rounded(value: f64) -> String {
    match value {
        value if value < 1.0 => format!("{value:.3}"),
        value if value < 10.0 => format!("{value:.2}"),
        value => format!("{value:.0}"),
    }
}

/// The middle value; the upper one of two.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
