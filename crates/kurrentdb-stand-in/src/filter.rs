//! Which records of `$all` a filtered reader is sent.

use regex::Regex;
use tonic::Status;

use crate::log::Record;
use minwon_kurrentdb_protocol::streams::read_req::options::FilterOptions;
use minwon_kurrentdb_protocol::streams::read_req::options::filter_options::{
    Expression, Filter as Subject, Window,
};

/// Records considered between two checkpoints, unless the reader says otherwise.
const WINDOW: u32 = 32;

enum Rule {
    Prefixes(Vec<String>),
    Regex(Regex),
}

/// A filter on names of streams or types of events.
pub(crate) struct Filter {
    on_stream: bool,
    rule: Rule,
    /// Records considered between two checkpoints.
    pub(crate) interval: u64,
}

impl Filter {
    pub(crate) fn parse(options: FilterOptions) -> Result<Self, Status> {
        let (on_stream, expression) = match options.filter {
            Some(Subject::StreamIdentifier(expression)) => (true, expression),
            Some(Subject::EventType(expression)) => (false, expression),
            None => return Err(Status::invalid_argument("a filter must say on what")),
        };
        let window = match options.window {
            Some(Window::Max(0)) => return Err(Status::invalid_argument("a window of nothing")),
            Some(Window::Max(max)) => max,
            Some(Window::Count(_)) => WINDOW,
            None => return Err(Status::invalid_argument("a filter must have a window")),
        };
        if options.checkpoint_interval_multiplier == 0 {
            return Err(Status::invalid_argument(
                "the checkpoint multiplier must be positive",
            ));
        }
        let interval = u64::from(window) * u64::from(options.checkpoint_interval_multiplier);
        Ok(Self {
            on_stream,
            rule: Rule::parse(expression)?,
            interval,
        })
    }

    pub(crate) fn admits(&self, record: &Record) -> bool {
        let subject: &str = if self.on_stream {
            &record.stream
        } else {
            &record.event_type
        };
        match &self.rule {
            Rule::Prefixes(prefixes) => prefixes.iter().any(|prefix| subject.starts_with(prefix)),
            Rule::Regex(regex) => regex.is_match(subject),
        }
    }
}

impl Rule {
    fn parse(expression: Expression) -> Result<Self, Status> {
        // Where both are there the server minds the regular expression only.
        if expression.regex.is_empty() {
            return Ok(Self::Prefixes(expression.prefix));
        }
        let regex = Regex::new(&expression.regex)
            .map_err(|error| Status::invalid_argument(format!("no regular expression: {error}")))?;
        Ok(Self::Regex(regex))
    }
}
