//! What browsers, and two programs, send along with every request.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Who asks: a user agent, the platform it names, and the languages of its reader.
struct Person {
    agent: &'static str,
    platform: &'static str,
    languages: &'static str,
}

#[rustfmt::skip]
const PEOPLE: &[Person] = &[
    Person { agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", platform: "Linux", languages: "en-GB,en;q=0.8" },
    Person { agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", platform: "Windows", languages: "de-DE,de;q=0.9,en;q=0.5" },
    Person { agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", platform: "macOS", languages: "fr-FR,fr;q=0.9" },
    Person { agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", platform: "iOS", languages: "en-US,en;q=0.9" },
    Person { agent: "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", platform: "Android", languages: "pt-BR,pt;q=0.9,en;q=0.4" },
    Person { agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0", platform: "Windows", languages: "nl-NL,nl;q=0.9,en;q=0.6" },
    Person { agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36", platform: "Linux", languages: "ja-JP,ja;q=0.9,en;q=0.3" },
    Person { agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0", platform: "macOS", languages: "es-ES,es;q=0.9" },
    Person { agent: "Mozilla/5.0 (iPad; CPU OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/604.1", platform: "iOS", languages: "it-IT,it;q=0.9" },
    Person { agent: "Mozilla/5.0 (Linux; Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", platform: "Android", languages: "hi-IN,hi;q=0.9,en;q=0.8" },
    Person { agent: "bookshop-stocktaker/1.4", platform: "Linux", languages: "en" },
    Person { agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", platform: "Windows", languages: "pl-PL,pl;q=0.9,en;q=0.5" },
];

/// What visitor `number` sends with every request.
pub(super) fn of_visitor(number: usize) -> HeaderMap {
    let person = &PEOPLE[number % PEOPLE.len()];
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).expect("the tables of this file are ASCII");
        headers.insert(HeaderName::from_static(name), value);
    };
    put("user-agent", person.agent);
    put("accept-language", person.languages);
    put("sec-ch-ua-platform", &format!("\"{}\"", person.platform));
    put(
        "sec-ch-ua-mobile",
        if person.agent.contains("Mobile") {
            "?1"
        } else {
            "?0"
        },
    );
    put("sec-fetch-site", "same-origin");
    put("dnt", "1");
    headers
}

/// How what is asked for will be used.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use {
    /// The page in the window.
    Page,
    /// A part of the page.
    Style,
    /// A script's own call.
    Fetch,
    /// A script's event source.
    Events,
}

impl Use {
    /// The headers that tell.
    pub(super) fn headers(self) -> [(&'static str, &'static str); 4] {
        let (accept, mode, dest, priority) = match self {
            Self::Page => (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "navigate",
                "document",
                "u=0, i",
            ),
            Self::Style => ("text/css,*/*;q=0.1", "no-cors", "style", "u=2"),
            Self::Fetch => ("application/json", "cors", "empty", "u=4"),
            Self::Events => ("text/event-stream", "cors", "empty", "u=4"),
        };
        [
            ("accept", accept),
            ("sec-fetch-mode", mode),
            ("sec-fetch-dest", dest),
            ("priority", priority),
        ]
    }
}
