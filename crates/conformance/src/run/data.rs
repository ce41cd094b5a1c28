//! Looking into what the server left: rows of its databases.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Made, Run, parse};
use crate::case::{Query, Rows};
use crate::failure::Failure;

/// How soon rows that are not right yet are asked for again.
const AGAIN: Duration = Duration::from_millis(100);

/// Where rows come from.
pub(super) enum Source {
    Sql(String),
}

impl Run<'_> {
    /// `query` and `audit_query`: both kinds of table are in one database here.
    pub(super) async fn query(&mut self, step: &Query) -> Result<Made, Failure> {
        let sql = self.render(&step.query).await?;
        let expected = self.expected(step.query_output.as_ref()).await?;
        self.rows(expected, &Source::Sql(sql)).await
    }

    async fn ask(&self, source: &Source) -> Result<Vec<Value>, Failure> {
        match source {
            Source::Sql(sql) => Ok(self.world.database.query(sql).await?),
        }
    }

    pub(super) async fn expected(&mut self, rows: Option<&Rows>) -> Result<Option<Value>, Failure> {
        let Some(rows) = rows else { return Ok(None) };
        let rows = self.render(&rows.rows).await?;
        parse("rows", &rows).map(Some)
    }

    /// Asks until the rows are as expected or patience ends. What the server does in its own time
    /// may not be there yet, so an expectation of nothing is believed only after a while.
    pub(super) async fn rows(
        &mut self,
        expected: Option<Value>,
        source: &Source,
    ) -> Result<Made, Failure> {
        let Some(expected) = expected else {
            return Ok(rows_made(&self.ask(source).await?));
        };
        if expected.as_array().is_some_and(Vec::is_empty) {
            tokio::time::sleep(self.world.patience.settle).await;
            let rows = Value::from(self.ask(source).await?);
            self.check_value("rows", &expected, &rows)?;
            return Ok(Made { result: json!({ "rows": rows }), ..Made::default() });
        }
        let start = tokio::time::Instant::now();
        loop {
            let rows = self.ask(source).await?;
            let checked = self.check_value("rows", &expected, &Value::from(rows.clone()));
            if checked.is_ok() || start.elapsed() > self.world.patience.rows {
                return checked.map(|()| rows_made(&rows));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

fn rows_made(rows: &[Value]) -> Made {
    Made { result: json!({ "rows": rows }), ..Made::default() }
}
