//! File systems without room: what fails says so, with its exit code; what was there stays; and it goes on once there is room.
//!
//! The file systems are real ones, a megabyte each, in memory. Where they can't be mounted (that takes root, or a container's
//! leave) their tests say so and are skipped; `recording` has a file that may not grow, which takes no rights.

use crate::{
    app::App,
    command::Place,
    fixture::{RUN, cycle},
};
use onionskin_web::{Client, model::StartRecording, recording::OpenedFile};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// A small file system, for as long as this lives.
struct Small(PathBuf);

impl Small {
    /// None where it can't be had.
    fn mount(place: &Place) -> Option<Self> {
        let at = place.path("small");
        fs::create_dir(&at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "onionskin-test"]);
        match mount.arg(&at).output() {
            Ok(output) if output.status.success() => Some(Self(at)),
            refused => {
                eprintln!("SKIPPED: no file system can be mounted here: {refused:?}");
                None
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Fills it until there are about so many bytes left.
    fn fill(&self, left: usize) {
        let bytes = vec![1; (1 << 20) - left];
        fs::write(self.path("filler"), bytes).unwrap();
    }

    fn make_room(&self) {
        fs::remove_file(self.path("filler")).unwrap();
    }

    fn names(&self) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let names = fs::read_dir(&self.0).unwrap().map(name);
        let mut names: Vec<_> = names.map(|n| n.into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Cycles as JSON lines, far more than fits.
fn many(place: &Place) {
    let line = |n| serde_json::to_string(&cycle(RUN, n)).unwrap();
    let lines: Vec<_> = (1..=2_000).map(line).collect();
    fs::write(place.path("many.jsonl"), lines.join("\n")).unwrap();
}

/// Numbers of the cycles that can be read whole. The file has no damage, and may be recorded still.
fn whole(file: &Path, up_to: u64) -> Vec<u64> {
    let opened = OpenedFile::open(file).unwrap();
    let is_recorded = |note: &String| note == "it is still being recorded";
    assert!(
        opened.notes().iter().all(is_recorded),
        "{:?}",
        opened.notes()
    );
    let found = |n: &u64| opened.store().cycle(&format!("{RUN}-{n}")) == Some(cycle(RUN, *n));
    (1..up_to).filter(found).collect()
}

fn until(mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(120);
    while !done() {
        assert!(Instant::now() < until, "it did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_recording_ends_with_what_fits_and_goes_on_when_there_is_room() {
    let place = Place::new();
    let Some(small) = Small::mount(&place) else {
        return;
    };
    small.fill(512 << 10);
    let mut recorder = place.record("small/r.onionskin");
    let mut app = App::connect(&place.socket());
    app.send(30);
    until(|| {
        small.path("r.onionskin").exists() && whole(&small.path("r.onionskin"), 31).len() == 30
    });
    until(|| {
        app.send(20);
        recorder.child.try_wait().unwrap().is_some()
    });
    let (content, said) = recorder.end();
    assert!(!content, "{said}");
    assert_eq!(recorder.child.wait().unwrap().code(), Some(1));
    assert!(said.contains("can't write to"), "{said}");
    assert!(said.contains("full"), "{said}");
    let file = small.path("r.onionskin");
    let kept = whole(&file, app.next);
    assert!(kept.len() > 20, "{}", kept.len());
    assert_eq!(kept, (1..=kept.len() as u64).collect::<Vec<_>>(), "no gap");

    small.make_room();
    let recorder = place.record("small/r.onionskin");
    let mut again = App::connect(&place.socket());
    let first = app.next;
    again.next = first;
    assert!(again.send(10));
    until(|| whole(&file, first + 10).len() == kept.len() + 10);
    assert!(recorder.interrupt().0);
}

#[test]
fn a_recording_that_can_not_begin_leaves_nothing_in_the_way() {
    let place = Place::new();
    let Some(small) = Small::mount(&place) else {
        return;
    };
    small.fill(8 << 10);
    let output = place.run(&["record", "small/r.onionskin", "--port", "0"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("r.onionskin") && said.contains("full"),
        "{said}"
    );
    assert_eq!(small.names(), ["filler"]);
    small.make_room();
    let recorder = place.record("small/r.onionskin");
    assert!(recorder.interrupt().0);
}

#[test]
fn an_export_or_a_merge_that_finds_no_room_leaves_what_was_there() {
    let place = Place::new();
    many(&place);
    let Some(small) = Small::mount(&place) else {
        return;
    };
    fs::write(small.path("x.har"), "mine").unwrap();
    for args in [
        &["export", "many.jsonl", "-o", "small/x.har"][..],
        &["export", "many.jsonl", "-o", "small/new.otlp.json"],
        &["merge", "many.jsonl", "-o", "small/new.onionskin"],
        &[
            "merge",
            "many.jsonl",
            "-o",
            "small/new.onionskin",
            "--redact",
        ],
    ] {
        let output = place.run(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("can't write to small/"), "{said}");
        assert!(
            said.contains("No space left") || said.contains("is full"),
            "{said}"
        );
        assert!(
            !said.contains(".onionskin-"),
            "nobody knows that name: {said}"
        );
        assert_eq!(said.matches("full").count().max(1), 1, "said once: {said}");
        assert_eq!(small.names(), ["x.har"], "{args:?}");
    }
    assert_eq!(fs::read(small.path("x.har")).unwrap(), b"mine");
}

#[test]
fn output_that_finds_no_room_is_an_error_in_every_format() {
    let place = Place::new();
    let line = serde_json::to_string(&cycle(RUN, 1)).unwrap();
    fs::write(place.path("one.jsonl"), line).unwrap();
    let formats = onionskin_web::export::Format::ALL.map(|format| format.name());
    let mut all: Vec<Vec<&str>> = formats
        .iter()
        .map(|format| vec!["export", "one.jsonl", "--id", "last", "-f", format])
        .collect();
    all.push(vec!["open", "one.jsonl", "--print", "last"]);
    all.push(vec!["show", "last", "one.jsonl"]);
    all.push(vec!["show", "last", "one.jsonl", "--json"]);
    all.push(vec!["completions", "bash"]);
    all.push(vec!["man"]);
    all.push(vec!["--print-config"]);
    all.push(vec!["--print-keys"]);
    for args in all {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let mut command = place.command(&args);
        let child = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        let wanted = "can't write to standard output: No space left on device";
        assert!(said.contains(wanted), "{args:?}: {said}");
    }
}

#[test]
fn what_a_ui_records_into_is_full_and_both_the_ui_and_the_app_go_on() {
    let place = Place::new();
    let Some(small) = Small::mount(&place) else {
        return;
    };
    let (inspector, runtime) = place.inspector(None);
    let client = Client::new(inspector.url()).unwrap();
    let start = |name: &str| {
        let wanted = StartRecording {
            file: Some(small.path(name).to_str().unwrap().into()),
            ..StartRecording::default()
        };
        runtime.block_on(client.start_recording(&wanted))
    };
    small.fill(8 << 10);
    let refused = start("none.onionskin").unwrap_err().to_string();
    assert!(
        refused.contains("none.onionskin") && refused.contains("full"),
        "{refused}"
    );
    assert_eq!(small.names(), ["filler"]);

    small.fill(600 << 10);
    assert!(start("r.onionskin").unwrap().running);
    let mut app = App::connect(&place.socket());
    let recording = || {
        runtime
            .block_on(client.status())
            .unwrap()
            .recording
            .unwrap()
    };
    // What is in the file stays; of what comes at once it is all or nothing.
    assert!(app.send(20));
    until(|| recording().cycles == 20);
    until(|| {
        assert!(app.send(20), "the app is taken no notice of");
        !recording().running
    });
    let why = recording().stopped_because.unwrap();
    assert!(why.contains("r.onionskin") && why.contains("full"), "{why}");
    assert!(app.send(5));
    until(|| inspector.store().counters().stored == app.next - 1);
    let kept = whole(&small.path("r.onionskin"), app.next);
    assert_eq!(kept.len() as u64, recording().cycles);
    assert!(kept.len() >= 20);
}
