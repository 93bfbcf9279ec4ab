//! Columns of text.

use minwon::foreign_text;
use unicode_width::UnicodeWidthStr as _;

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
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                // A Korean character takes two places, so the formatter's own padding is no help.
                let gap = " ".repeat(width - cell.width());
                line += &match cell.parse::<u64>() {
                    Ok(_) => format!("{gap}{cell}  "),
                    Err(_) => format!("{cell}{gap}  "),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_one_below_the_other_in_korean_too() {
        let mut table = Table::new(["N", "WHO", "WHAT"]);
        table.row(["7".into(), "종로구청".into(), "x".into()]);
        table.row(["12".into(), "kim".into(), "y".into()]);
        let text = table.or("none");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            ["N   WHO       WHAT", " 7  종로구청  x", "12  kim       y"]
        );
        assert_eq!(Table::new(["N"]).or("none"), "none");
    }
}
