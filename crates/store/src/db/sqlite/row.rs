//! A row that SQLite answered, in values of its own.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use rusqlite::types::{FromSql, Value, ValueRef};
use rusqlite::{Error, Row, Statement};

/// The columns of a statement's answer, by name.
pub(super) struct Columns(HashMap<String, usize, FixedState>);

/// One row of an answer.
pub(crate) struct SqliteRow {
    columns: Arc<Columns>,
    values: Vec<Value>,
}

impl Columns {
    pub(super) fn of(statement: &Statement<'_>) -> Arc<Self> {
        let names = statement.column_names().into_iter().enumerate();
        Arc::new(Self(names.map(|(index, name)| (name.to_owned(), index)).collect()))
    }
}

impl SqliteRow {
    pub(super) fn read(row: &Row<'_>, columns: Arc<Columns>) -> rusqlite::Result<Self> {
        let count = row.as_ref().column_count();
        let values = (0..count).map(|index| row.get(index)).collect::<rusqlite::Result<_>>()?;
        Ok(Self { columns, values })
    }

    pub(crate) fn get<T: FromSql>(&self, column: &str) -> rusqlite::Result<T> {
        let index = self.columns.0.get(column).copied();
        let index = index.ok_or_else(|| Error::InvalidColumnName(column.to_owned()))?;
        let value = ValueRef::from(&self.values[index]);
        let wrong = |_| Error::InvalidColumnType(index, column.to_owned(), value.data_type());
        T::column_result(value).map_err(wrong)
    }
}
