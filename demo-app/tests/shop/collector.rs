//! Collectors that misbehave: the shop goes on as ever, and what becomes of its cycles is said.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::{Ipv4Addr, TcpListener},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::receiver::{Act, Receiver};

const VISITS: usize = 60;

/// The shop with some visitors, sending there. It ends by itself.
struct Shop {
    command: Command,
    _dir: tempfile::TempDir,
}

/// What came of it.
struct Ended {
    /// How many cycles the shop printed.
    printed: usize,
    said: String,
}

impl Shop {
    fn sending_to(endpoint: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_bookshop"));
        command
            .args(["--port", "0", "--inspector-port", "0", "--headless"])
            .args(["--pace-ms", "5", "--visits", &VISITS.to_string()])
            .arg("--data")
            .arg(dir.path().join("data"))
            .env("ONIONSKIN_SOCKET", dir.path().join("link.sock"))
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { command, _dir: dir }
    }

    /// With so much time for each request to the collector.
    fn patient_for(mut self, ms: &str) -> Self {
        self.command.env("OTEL_EXPORTER_OTLP_TIMEOUT", ms);
        self
    }

    fn run(mut self) -> Ended {
        let output = self.command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        Ended {
            printed: output.stdout.iter().filter(|b| **b == b'\n').count(),
            said,
        }
    }
}

impl Ended {
    /// It said that it waits, and that it goes on, each once, and at its end that all has arrived.
    fn has_sent_all(&self, to: &Receiver) {
        let said = &self.said;
        for part in ["takes no cycles, they wait: ", "takes cycles again; "] {
            assert_eq!(said.matches(part).count(), 1, "{part}: {said}");
        }
        let sent = format!("bookshop: {} cycles sent as ", self.printed);
        assert!(said.contains(&sent) && said.contains("; 0 lost"), "{said}");
        assert_eq!(to.cycles().len(), self.printed);
    }

    /// It said once what is wrong, while it ran, and at its end that all of it is lost.
    fn has_lost_all(&self, at_first: &str, why: &str) {
        let said = &self.said;
        assert_eq!(said.matches(at_first).count(), 1, "{said}");
        let lost = format!(
            " 0 cycles sent as 0 spans, 0 bytes; {} lost: {why}",
            self.printed
        );
        assert!(said.contains(&lost), "no {lost:?} in {said}");
        assert!(!said.contains("takes cycles again"), "{said}");
    }
}

#[test]
fn no_request_waits_for_one_that_holds_its_answer_back() {
    let receiver = Receiver::holding();
    let mut shop = Shop::sending_to(&receiver.url).patient_for("600000");
    let mut child = shop.command.spawn().unwrap();
    receiver.wait_for_request();
    // The shop's visitors are all served before the collector says its first word.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let served = lines.by_ref().take(VISITS).map(Result::unwrap).count();
    assert_eq!(served, VISITS);
    assert_eq!(receiver.requests().len(), 1);
    receiver.go_on();
    let printed = VISITS + lines.count();
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(said.contains("; 0 lost"), "{said}");
    assert_eq!(receiver.cycles().len(), printed, "{said}");
}

#[test]
fn one_that_is_down_for_a_while_gets_all_of_it_later() {
    let plain = "content-type: text/plain";
    let down = Act::answer(503, plain, "not now");
    let hung_up = Act::noise("");
    let noise = Act::noise("\0\0 what is this? \r\n\r\n");
    let receiver = Receiver::doing([down, hung_up, noise, Act::take()]);
    Shop::sending_to(&receiver.url)
        .run()
        .has_sent_all(&receiver);
    let requests = receiver.requests();
    assert!(requests[..4].iter().all(|ids| *ids == requests[0]));
}

#[test]
fn one_that_asks_for_patience_is_given_it() {
    let busy = Act::answer(429, "retry-after: 1", "busy");
    let receiver = Receiver::doing([busy, Act::take()]);
    let begun = Instant::now();
    let ended = Shop::sending_to(&receiver.url).run();
    ended.has_sent_all(&receiver);
    assert!(
        ended.said.contains("it answers 429 Too Many Requests busy"),
        "{}",
        ended.said
    );
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[test]
fn what_an_answer_that_breaks_off_was_for_is_sent_again_as_the_same_spans() {
    let receiver = Receiver::doing([Act::half(), Act::take()]);
    let shop = Shop::sending_to(&receiver.url).patient_for("3000");
    shop.run().has_sent_all(&receiver);
    let requests = receiver.requests();
    assert_eq!(requests[0], requests[1], "taken twice, under the same ids");
}

#[test]
fn one_that_refuses_is_told_of_once_and_what_it_refused_is_counted() {
    let html = "content-type: text/html";
    let json = "content-type: application/json";
    for (act, why) in [
        (Act::answer(400, html, "bad"), "it answers 400"),
        (Act::answer(500, html, "oh"), "it answers 500"),
        (
            Act::answer(200, html, "<p>Hello"),
            "it answers 200 OK <p>Hello: that is no receiver of OTLP",
        ),
        (
            Act::answer(200, json, "{{{"),
            "it answers 200 OK {{{: that is no receiver of OTLP",
        ),
    ] {
        let receiver = Receiver::doing([act]);
        let ended = Shop::sending_to(&receiver.url).run();
        ended.has_lost_all("refuses what it is sent: ", why);
        let sent = receiver.requests();
        let ids = sent.iter().flatten().count();
        let different: std::collections::BTreeSet<_> = sent.iter().flatten().collect();
        assert_eq!(different.len(), ids, "nothing is sent again");
    }
}

#[test]
fn one_that_takes_a_part_has_it_and_the_rest_is_said() {
    let receiver = Receiver::doing([Act::partly(3), Act::take()]);
    let ended = Shop::sending_to(&receiver.url).run();
    let said = &ended.said;
    let told = format!(
        "{}/v1/traces refuses what it is sent: too old",
        receiver.url
    );
    assert_eq!(said.matches(&told).count(), 1, "{said}");
    assert!(
        said.contains("; 3 spans of them refused: too old"),
        "{said}"
    );
}

#[test]
fn nobody_there_costs_the_time_for_the_end_and_no_more() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let hung = Receiver::doing([Act::silence()]);
    let waits = "takes no cycles, they wait: ";
    std::thread::scope(|scope| {
        // It takes connections, or requests, and says nothing.
        for url in [&url, &hung.url] {
            scope.spawn(|| {
                let ended = Shop::sending_to(url).patient_for("100").run();
                ended.has_lost_all(waits, "no answer within 100ms");
            });
        }
    });
    drop(listener);
    let ended = Shop::sending_to(&url).run();
    ended.has_lost_all(waits, "client error (Connect)");
}

#[test]
fn settings_that_can_not_be_followed_are_said_and_the_shop_opens() {
    for (endpoint, why) in [
        ("localhost:4318", "it must begin with http:// or https://"),
        (
            "https://localhost:4318",
            "can't read /nowhere.pem: No such file",
        ),
    ] {
        let mut shop = Shop::sending_to(endpoint);
        shop.command
            .env("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere.pem");
        let ended = shop.run();
        assert!(ended.said.contains(why), "{}", ended.said);
        assert!(ended.printed >= VISITS);
    }
}
