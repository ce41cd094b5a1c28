//! Looking into what the server left: rows of its databases.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Made, Run, parse};
use crate::case::{HookQuery, MailQuery, Query, Rows};
use crate::failure::Failure;
use crate::fakes::Mail;

/// How soon rows that are not right yet are asked for again.
const AGAIN: Duration = Duration::from_millis(100);

/// Where rows come from.
pub(super) enum Source {
    Sql(String),
    /// What was posted to a path of the recorder.
    Hooks(String),
    /// Letters by how their subject and recipient begin.
    Mails {
        subject: String,
        recipient: String,
    },
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
            Source::Hooks(path) => Ok(self.world.hooks.requests(path)),
            Source::Mails { subject, recipient } => {
                let mails = self.world.mails.find(subject, recipient);
                let row = |it: &Mail| json!({ "subject": it.subject, "recipient": it.recipient });
                Ok(mails.iter().map(row).collect())
            }
        }
    }

    pub(super) async fn hook_query(&mut self, step: &HookQuery) -> Result<Made, Failure> {
        let path = self.render(&step.hook_server_path).await?;
        let rows =
            step.hook_server_output.as_ref().map(|it| parse("rows", &it.rows)).transpose()?;
        self.rows(rows, &Source::Hooks(path.trim().to_owned())).await
    }

    pub(super) async fn mail_query(&mut self, step: &MailQuery) -> Result<Made, Failure> {
        let subject = self.render(&step.smtp_log_subject).await?;
        let recipient = self.render(&step.smtp_log_recipient).await?;
        let expected = self.expected(step.smtp_log_output.as_ref()).await?;
        self.rows(expected, &Source::Mails { subject, recipient }).await
    }

    async fn expected(&mut self, rows: Option<&Rows>) -> Result<Option<Value>, Failure> {
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
