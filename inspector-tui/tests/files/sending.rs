//! `onionskin send` to receivers that misbehave: what arrives, what is said, and with which exit code it ends.

use crate::{
    app::App,
    command::Place,
    fixture::RUN,
    receiver::{Act, Receiver},
};
use onionskin_web::Inspector;
use std::{
    collections::BTreeSet,
    net::TcpListener,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// An inspector that keeps some cycles. It lives as long as its runtime does.
pub(crate) struct Kept {
    pub(crate) place: Place,
    app: App,
    inspector: Inspector,
    _runtime: tokio::runtime::Runtime,
}

impl Kept {
    pub(crate) fn new(cycles: u64) -> Self {
        let place = Place::new();
        let (inspector, runtime) = place.inspector(None);
        let mut this = Self {
            app: App::connect(&place.socket()),
            place,
            inspector,
            _runtime: runtime,
        };
        this.more(cycles);
        this
    }

    /// The app sends more, and the inspector has it.
    fn more(&mut self, cycles: u64) {
        assert!(self.app.send(cycles));
        let until = Instant::now() + Duration::from_secs(120);
        while self.inspector.store().counters().stored < self.app.next - 1 {
            assert!(Instant::now() < until);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ids of the cycles with these numbers.
    fn ids(&self, numbers: std::ops::RangeInclusive<u64>) -> BTreeSet<String> {
        numbers.map(|number| format!("{RUN}-{number}")).collect()
    }

    /// `onionskin send` there.
    fn sending(&self, url: &str, args: &[&str]) -> Command {
        let mut command = self.place.command(&["send"]);
        command
            .args(args)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", url)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
            .stderr(Stdio::piped());
        command
    }

    /// Whether it was content, and what it said, with so long for each request.
    fn send(&self, url: &str, timeout_ms: u32, args: &[&str]) -> (bool, String) {
        let mut command = self.sending(url, args);
        command.env("OTEL_EXPORTER_OTLP_TIMEOUT", timeout_ms.to_string());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), said)
    }
}

const LONG: u32 = 60_000;

#[test]
fn all_arrives_at_one_that_is_away_for_a_while() {
    let kept = Kept::new(10);
    for act in [
        Act::answer(503, "content-type: text/plain", "not now"),
        Act::answer(429, "retry-after: 1", "busy"),
        Act::noise("\0what?\r\n\r\n"),
        Act::noise(""),
    ] {
        let receiver = Receiver::doing([act.clone(), act.clone(), Act::take()]);
        let begun = Instant::now();
        let (content, said) = kept.send(&receiver.url, LONG, &["--wait", "120"]);
        assert!(content, "{act:?}: {said}");
        assert_eq!(said.matches("; the cycles wait").count(), 1, "{said}");
        assert!(said.contains("onionskin: 10 cycles sent as "), "{said}");
        assert_eq!(receiver.cycles(), kept.ids(1..=10));
        let requests = receiver.requests();
        assert!(requests.len() == 3 && requests[0] == requests[1] && requests[1] == requests[2]);
        if said.contains("busy") {
            assert!(begun.elapsed() >= Duration::from_secs(2), "twice a second");
        }
    }
}

#[test]
fn an_answer_that_breaks_off_costs_a_second_sending_of_the_same() {
    let kept = Kept::new(10);
    let receiver = Receiver::doing([Act::half(), Act::take()]);
    let (content, said) = kept.send(&receiver.url, 3000, &["--wait", "120"]);
    assert!(content && said.contains("no answer within 3s"), "{said}");
    assert_eq!(receiver.cycles(), kept.ids(1..=10));
    let requests = receiver.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1], "taken twice, under the same ids");
}

#[test]
fn who_refuses_is_asked_once_and_it_ends_with_1() {
    let kept = Kept::new(10);
    let html = "content-type: text/html";
    for (act, why) in [
        (Act::answer(500, html, "oh"), "it answers 500"),
        (Act::answer(400, html, "bad"), "it answers 400"),
        (
            Act::answer(200, html, "<p>\x1b[2J"),
            "that is no receiver of OTLP",
        ),
    ] {
        let receiver = Receiver::doing([act]);
        let (content, said) = kept.send(&receiver.url, LONG, &[]);
        assert!(!content && said.contains("; 10 cycles refused ("), "{said}");
        assert!(said.contains(why) && !said.contains('\x1b'), "{said}");
        assert!(said.contains("not all of it was sent"), "{said}");
        assert_eq!(receiver.requests().len(), 1);
        assert!(receiver.cycles().is_empty());
    }
    let receiver = Receiver::doing([Act::partly(2)]);
    let (content, said) = kept.send(&receiver.url, LONG, &[]);
    assert!(!content, "{said}");
    assert!(said.contains("; 2 more spans refused (too old)"), "{said}");
}

#[test]
fn who_is_not_there_and_who_never_answers_is_given_up() {
    let kept = Kept::new(10);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let hung = Receiver::doing([Act::silence()]);
    for (url, why) in [(&url, "refused"), (&hung.url, "no answer within 300ms")] {
        let (content, said) = kept.send(url, 300, &["--wait", "1"]);
        assert!(!content, "{said}");
        let sent = "0 cycles sent as 0 spans, 0 bytes; 10 cycles not sent";
        assert!(said.contains(sent), "{said}");
        assert!(said.contains(why), "{said}");
    }
    let (content, said) = kept.send("", 300, &[]);
    assert!(!content && said.contains("say where to send it"), "{said}");
}

#[test]
fn the_newest_is_sent_by_that_name() {
    let kept = Kept::new(4);
    let receiver = Receiver::doing([Act::take()]);
    let (content, said) = kept.send(&receiver.url, LONG, &["--id", "last"]);
    assert!(content && said.contains("1 cycle sent"), "{said}");
    assert_eq!(receiver.cycles(), kept.ids(4..=4));
    let output = kept
        .sending(&receiver.url, &["--filter", "status:>=x"])
        .output();
    assert_eq!(output.unwrap().status.code(), Some(2));
}

#[test]
fn what_matches_what_has_an_id_and_what_comes() {
    let mut kept = Kept::new(10);
    let receiver = Receiver::doing([Act::take()]);
    let (content, said) = kept.send(&receiver.url, LONG, &["--filter", "path:/books/7"]);
    assert!(content, "{said}");
    assert_eq!(receiver.cycles(), kept.ids(7..=7));

    let receiver = Receiver::doing([Act::take()]);
    let id = format!("{RUN}-3");
    let args = ["--id", &id, "--id", "none-1"];
    let (content, said) = kept.send(&receiver.url, LONG, &args);
    assert!(
        !content && said.contains("; 1 cycle could not be had"),
        "{said}"
    );
    assert_eq!(receiver.cycles(), BTreeSet::from([id]));

    // It waits for one that is away for longer than anybody said.
    let receiver = Receiver::doing([Act::noise(""), Act::noise(""), Act::take()]);
    let following = kept.sending(&receiver.url, &["--follow"]).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(120);
    let has = |kept: &Kept, up_to: u64| {
        while receiver.cycles() != kept.ids(1..=up_to) {
            assert!(Instant::now() < until);
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    has(&kept, 10);
    kept.more(5);
    has(&kept, 15);
    let pid = rustix::process::Pid::from_child(&following);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ended = following.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    assert!(said.contains("; the cycles wait"), "{said}");
    assert!(said.contains(" cycles sent as "), "{said}");
}
