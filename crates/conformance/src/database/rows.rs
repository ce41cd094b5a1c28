//! From a row to JSON, by the types that the case format names.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, Row as _, TypeInfo as _, ValueRef as _};
use stdx::Timestamp;

/// Rows that were asked for without a prepared statement come as text.
pub fn from_postgres(row: &PgRow) -> Result<Value> {
    let mut object = Map::new();
    for column in row.columns() {
        let value = row.try_get_raw(column.ordinal())?;
        let value = if value.is_null() {
            Value::Null
        } else {
            let text = value.as_str().map_err(|error| anyhow::anyhow!("{error}"))?;
            typed(column.type_info().name(), text)
                .with_context(|| format!("the column {}", column.name()))?
        };
        object.insert(column.name().to_owned(), value);
    }
    Ok(Value::Object(object))
}

/// `jsonb` is parsed, a boolean and a four-byte integer are themselves, a timestamp is RFC 3339.
/// Everything else is text, an eight-byte integer too.
fn typed(name: &str, text: &str) -> Result<Value> {
    Ok(match name {
        "JSONB" => serde_json::from_str(text)?,
        "BOOL" => (text == "t").into(),
        "INT4" => text.parse::<i64>()?.into(),
        "TIMESTAMP" => format!("{}Z", text.replacen(' ', "T", 1)).into(),
        _ => text.into(),
    })
}

/// SQLite has no such types: the tables declare what a column is meant to be.
pub fn from_sqlite(row: &SqliteRow) -> Result<Value> {
    let mut object = Map::new();
    for column in row.columns() {
        let at = column.ordinal();
        let value = row.try_get_raw(at)?;
        // The type of a null is that of its column.
        let kind =
            if value.is_null() { "NULL".to_owned() } else { value.type_info().name().to_owned() };
        let declared = column.type_info().name().to_owned();
        let value = match kind.as_str() {
            "NULL" => Value::Null,
            "INTEGER" if declared == "BOOLEAN" => {
                (row.try_get_unchecked::<i64, _>(at)? != 0).into()
            }
            "INTEGER" if column.name().ends_with("_at") => {
                Timestamp(row.try_get_unchecked::<i64, _>(at)?).to_rfc3339().into()
            }
            "INTEGER" => row.try_get_unchecked::<i64, _>(at)?.to_string().into(),
            "REAL" => row.try_get_unchecked::<f64, _>(at)?.to_string().into(),
            _ => {
                let text: String = row.try_get_unchecked(at)?;
                // Objects and lists are only ever written as JSON.
                let is_json = text.starts_with(['{', '[']);
                let parsed = is_json.then(|| serde_json::from_str(&text).ok()).flatten();
                parsed.unwrap_or_else(|| text.into())
            }
        };
        object.insert(column.name().to_owned(), value);
    }
    Ok(Value::Object(object))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn on_sqlite_nothing_is_null_whatever_its_column_is() {
        let database = super::super::Database::sqlite(std::path::Path::new(":memory:"));
        let sql =
            "SELECT name, n, age FROM (SELECT 1 AS n, CAST(NULL AS TEXT) AS name, NULL AS age)
                   UNION ALL SELECT '{\"a\":1}', 2, 3";
        let rows = database.query(sql).await.unwrap();
        let expected = [
            json!({ "name": null, "n": "1", "age": null }),
            json!({ "name": { "a": 1 }, "n": "2", "age": "3" }),
        ];
        assert_eq!(rows, expected);
        let script =
            "CREATE TEMP TABLE it (name TEXT); INSERT INTO it VALUES (NULL); SELECT name FROM it";
        assert_eq!(database.query(script).await.unwrap(), [json!({ "name": null })]);
    }

    #[test]
    fn types_become_what_the_format_says() {
        assert_eq!(typed("JSONB", r#"{"a": 1}"#).unwrap(), json!({ "a": 1 }));
        assert_eq!(typed("JSON", r#"{"a": 1}"#).unwrap(), json!(r#"{"a": 1}"#));
        assert_eq!(typed("BOOL", "t").unwrap(), json!(true));
        assert_eq!(typed("INT4", "7").unwrap(), json!(7));
        assert_eq!(typed("INT8", "7").unwrap(), json!("7"));
        assert_eq!(typed("TEXT", "7").unwrap(), json!("7"));
        let at = typed("TIMESTAMP", "2026-01-02 03:04:05.6").unwrap();
        assert_eq!(at, json!("2026-01-02T03:04:05.6Z"));
    }
}
