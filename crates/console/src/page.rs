//! What all pages look like.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use minwon::{Answer, Timestamp, engine::ListPlace, language::Language};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    App,
    door::Visitor,
    words::{Words, clock, span},
};

pub(crate) const STYLE: &str = include_str!("../assets/console.css");
pub(crate) const SCRIPT: &str = include_str!("../assets/console.js");
pub(crate) const ICON: &str = include_str!("../assets/console.svg");

/// Rows of a list that are shown at a time.
pub(crate) const ROWS: std::num::NonZeroU32 = std::num::NonZeroU32::new(50).expect("not 0");

/// The places that one goes to from everywhere.
const PLACES: [(&str, &str); 7] = [
    ("/", "overview"),
    ("/messages", "messages"),
    ("/flow", "flow"),
    ("/letters", "letters"),
    ("/work", "work"),
    ("/read-models", "read-models"),
    ("/letters/asks", "asks"),
];

/// A page for whoever is signed in.
pub(crate) fn page(visitor: &Visitor, title: &str, body: &Markup) -> Markup {
    let (app, words) = (&visitor.app, visitor.words);
    let here = visitor.path.split('?').next().unwrap_or("/");
    html! {
        (DOCTYPE)
        html lang=(words.language) {
            (head(&app.base, title))
            body {
                a.skip href="#main" { (words.say("to-content")) }
                header {
                    p.brand { "minwon · " (app.desk.namespace()) }
                    nav aria-label=(words.say("places")) {
                        @for (place, key) in PLACES {
                            a href=(app.at(place)) aria-current=[(here == place).then_some("page")] {
                                (words.say(key))
                            }
                        }
                    }
                    form.find action=(app.at("/find")) role="search" {
                        input name="q" type="search" aria-label=(words.say("find-petition"))
                            placeholder=(words.say("find-petition")) required maxlength="200" accesskey="f";
                    }
                    div.who {
                        @for language in Language::ALL.iter().filter(|it| **it != words.language) {
                            a href={ (app.at("/language")) "?lang=" (language) "&back=" (encoded(&visitor.path)) }
                                lang=(language) hreflang=(language) { (name_of(*language)) }
                        }
                        " " (visitor.operator.id)
                        form method="post" action=(app.at("/sign-out")) {
                            (secret(visitor))
                            button.quiet { (words.say("sign-out")) }
                        }
                    }
                }
                main #main tabindex="-1" { h1 { (title) } (body) }
            }
        }
    }
}

/// A page without the ways to others, for whoever may see none of them.
pub(crate) fn bare(app: &App, words: &Words, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.language) {
            (head(&app.base, app.desk.namespace().as_str()))
            body.bare { main { h1 { (words.say("sign-in-title")) " · " (app.desk.namespace()) } (body) } }
        }
    }
}

fn head(base: &str, title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · minwon" }
            link rel="icon" type="image/svg+xml" href={ (base) "/assets/console.svg" };
            link rel="stylesheet" href={ (base) "/assets/console.css" };
            script defer src={ (base) "/assets/console.js" } {}
        }
    }
}

fn name_of(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        _ => "한국어",
    }
}

/// What a form of a session has in it.
pub(crate) fn secret(visitor: &Visitor) -> Markup {
    html! {
        @if let Some(form) = &visitor.form { input type="hidden" name="form" value=(form); }
    }
}

/// An instant, and how long ago that was.
pub(crate) fn since(visitor: &Visitor, at: Timestamp) -> Markup {
    let now = visitor.app.desk.now();
    html! {
        time datetime=(at.in_seoul()) { (clock(at)) }
        " " small { "(" (span(at, now)) ")" }
    }
}

/// As of when an answer is.
pub(crate) fn as_of<A>(visitor: &Visitor, answer: &Answer<A>) -> Markup {
    let words = visitor.words;
    html! {
        p.as-of {
            (words.say("as-of")) " " (answer.as_of.position) " · "
            time datetime=(answer.as_of.recorded_at.in_seoul()) { (clock(answer.as_of.recorded_at)) }
            @if answer.as_of.went_backwards { " · " (words.say("went-backwards")) }
        }
    }
}

/// The way to the next part of a list.
pub(crate) fn next(visitor: &Visitor, to: &str, next: Option<&ListPlace>) -> Markup {
    html! {
        @if let Some(next) = next {
            p.next {
                a rel="next" href={ (to) @if to.contains('?') { "&" } @else { "?" } "after=" (encoded(&next.to_string())) } {
                    (visitor.words.say("next-part"))
                }
            }
        }
    }
}

/// A line through values, oldest first, the highest at the top.
pub(crate) fn sparkline(values: &[u64], label: &str) -> Markup {
    const WIDTH: usize = 240;
    const HEIGHT: u64 = 40;
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let last = values.len().saturating_sub(1).max(1);
    let point = |(at, value): (usize, &u64)| {
        let x = at * WIDTH / last;
        let y = HEIGHT - value.saturating_mul(HEIGHT) / most;
        format!("{x},{y}")
    };
    let points: Vec<_> = values.iter().enumerate().map(point).collect();
    html! {
        svg.spark viewBox={ "0 -1 " (WIDTH) " " (HEIGHT + 2) } role="img" aria-label=(label) preserveAspectRatio="none" {
            title { (label) }
            polyline points=(points.join(" ")) {}
        }
    }
}

/// What stands in an address as it is.
const PLAIN: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A text as part of an address.
pub(crate) fn encoded(text: &str) -> PreEscaped<String> {
    PreEscaped(utf8_percent_encode(text, &PLAIN).to_string())
}
