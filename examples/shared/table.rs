//! Columns of text.

use minwon::foreign_text;

/// A table whose columns are as wide as they need to be.
pub(crate) struct Table<const COLUMNS: usize> {
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    pub(crate) fn new(head: [&str; COLUMNS]) -> Self {
        let rows = vec![head.map(str::to_owned)];
        Self { rows }
    }

    pub(crate) fn row(&mut self, row: [String; COLUMNS]) {
        self.rows
            .push(row.map(|cell| foreign_text::shown(&cell).into_owned()));
    }

    /// The table, or what is said where it has no rows.
    pub(crate) fn or(&self, none: &str) -> String {
        if self.rows.len() == 1 {
            return none.to_owned();
        }
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = self
                    .rows
                    .iter()
                    .map(|row| row[column].chars().count())
                    .max();
                let width = width.unwrap_or(0) + 2;
                line += &format!("{cell:<width$}");
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

/// At most so many characters, on one line.
pub(crate) fn cut(text: &str, chars_max: usize) -> String {
    let line = text.replace(['\n', '\r', '\t'], " ");
    if line.chars().count() <= chars_max {
        return line;
    }
    let cut: String = line.chars().take(chars_max - 1).collect();
    cut + "…"
}
