//! Columns of text.

use minwon::foreign_text;

/// A table whose columns are as wide as they need to be; numbers stand to the right.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<'h>(head: impl IntoIterator<Item = &'h str>) -> Self {
        let head = head.into_iter().map(str::to_owned).collect();
        Self { rows: vec![head] }
    }

    pub(crate) fn row(&mut self, row: impl IntoIterator<Item = String>) {
        let row = row.into_iter();
        let row = row.map(|cell| foreign_text::shown(&cell).into_owned());
        self.rows.push(row.collect());
    }

    /// The table, or what is said where it has no rows.
    pub(crate) fn or(&self, none: &str) -> String {
        if self.rows.len() == 1 {
            return none.to_owned();
        }
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = width(column);
                line += &match cell.parse::<u64>() {
                    Ok(_) => format!("{cell:>width$}  "),
                    Err(_) => format!("{cell:<width$}  "),
                };
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
