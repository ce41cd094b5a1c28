use expect_test::{Expect, expect};

use super::*;

fn check(source: &str, expected: &Expect) {
    let said = match transpile(source) {
        Ok(code) => code,
        Err(error) => format!("{error}\n"),
    };
    expected.assert_eq(&said);
}

#[test]
fn types_are_taken_out() {
    check(
        r#"import { HookEvent, HookResponse } from "https://deno.land/x/authgear-deno-hook@v1.4.0/mod.ts";
import type { Other } from "./other.ts";
interface Tier { name: string }
export default async function (e: HookEvent): Promise<HookResponse> {
  const tier = { name: "gold" } satisfies Tier as Tier;
  return { is_allowed: e!.payload !== undefined, tier: tier.name };
}"#,
        &expect![[r#"
            export default async function(e) {
            	const tier = { name: "gold" };
            	return {
            		is_allowed: e.payload !== undefined,
            		tier: tier.name
            	};
            }
        "#]],
    );
}

#[test]
fn enums_become_values() {
    let code =
        transpile("enum Tier { Free, Pro = 5 } export default async () => Tier.Pro;").unwrap();
    assert!(!code.contains("enum"), "{code}");
}

#[test]
fn a_mistake_is_located() {
    check(
        "export default async () => {\n  return { a: };\n};",
        &expect![[r#"
            line 2, column 15: Unexpected token
        "#]],
    );
    check(
        "",
        &expect![[r#"
        the script does not export a function by default
    "#]],
    );
    check(
        "const a = 1;\nconst a = 2;\nexport default a;",
        &expect![[r#"
            line 1, column 7: Identifier `a` has already been declared
        "#]],
    );
}

#[test]
fn what_is_used_cannot_be_imported() {
    let alone = "a script stands alone: only types can be imported";
    for source in [
        "import { run } from \"npm:left-pad\";\nexport default async () => run();",
        "import \"https://example.com/x.ts\";\nexport default async () => 1;",
        "export * from \"https://example.com/x.ts\";\nexport default async () => 1;",
        "export { default } from \"https://example.com/x.ts\";",
    ] {
        let error = transpile(source).unwrap_err().to_string();
        assert_eq!(error, format!("line 1, column 1: {alone}"), "{source}");
    }
}

#[test]
fn a_function_may_be_exported_under_the_name_of_the_default() {
    let code = transpile("const hook = async () => 1;\nexport { hook as default };").unwrap();
    assert!(code.contains("as default"), "{code}");
}

#[test]
fn the_largest_source_is_the_limit() {
    let source = |size: usize| format!("export default 1;//{}", "x".repeat(size - 19));
    assert!(transpile(&source(SOURCE_BYTES_MAX)).is_ok());
    assert_eq!(transpile(&source(SOURCE_BYTES_MAX + 1)), Err(ScriptError::SourceTooLarge));
}
