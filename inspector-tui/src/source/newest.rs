//! The newest cycles, without a hole before them that nobody knows of.

use crate::{app::LISTED, event::News};
use onionskin_web::{
    Client,
    client::{ClientError, List},
};

/// Cycles listed at start, and asked for at once.
const PAGE: usize = 500;

/// The newest cycles that match: a page of them, and all others that came after the position `last`, unless those are more
/// than can be listed. `last` is that of the newest then.
pub(super) async fn newest(
    client: &Client,
    filter: &str,
    last: &mut Option<u64>,
) -> Result<News, ClientError> {
    let apps = client.apps().await?;
    let question = List {
        limit: Some(PAGE),
        filter,
        ..List::default()
    };
    let mut page = client.list(&question).await?;
    let missing = loop {
        let oldest = page.cycles.last().map_or(0, |c| c.position);
        let Some(last) = last.filter(|last| last + 1 < oldest) else {
            break None;
        };
        let before = page.next.filter(|_| page.cycles.len() < LISTED);
        if before.is_none() {
            break Some(match filter {
                "" => oldest - last - 1,
                // Which of them match knows the inspector, of those that it keeps.
                _ => {
                    let until = Some(last);
                    let known = client.list(&List { until, ..question }).await?.matched;
                    page.matched
                        .saturating_sub(known + page.cycles.len() as u64)
                }
            });
        }
        let older = client.list(&List { before, ..question }).await?;
        page.cycles.extend(older.cycles);
        page.next = older.next;
    };
    page.cycles.reverse();
    *last = Some(page.until);
    Ok(News::Connected {
        filter: filter.to_owned(),
        matched: page.matched,
        missing,
        cycles: page.cycles,
        apps,
        counters: page.counters,
        memory: page.memory,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples;
    use onionskin::{
        link::protocol::{Format, Hello, Message},
        wire::WIRE_VERSION,
    };
    use onionskin_web::{Config, Inspector};
    use serde::Serialize;
    use std::{
        io::{BufRead, BufReader, Write},
        os::unix::net::UnixStream,
        path::Path,
        time::{Duration, Instant},
    };

    /// An app that has so many cycles.
    fn app(socket: &Path, cycles: u64) {
        let mut stream = UnixStream::connect(socket).unwrap();
        let mut cycle = samples::completed();
        let hello = Hello {
            onionskin: "link".into(),
            wire: WIRE_VERSION,
            format: Format::Json,
            app: cycle.app.clone(),
            run: cycle.run.clone(),
            pid: 7,
            started_unix_us: 0,
            command: "shop".into(),
            cwd: None,
        };
        stream.write_all(&line(&hello)).unwrap();
        for number in 1..=cycles {
            cycle.number = number;
            cycle.id = format!("{}-{number}", cycle.run);
            let cycle = Box::new(cycle.clone());
            let said = line(&Message::Cycle { cycle });
            stream.write_all(&said).unwrap();
        }
        let mut welcome = String::new();
        BufReader::new(stream).read_line(&mut welcome).unwrap();
    }

    fn line(what: &impl Serialize) -> Vec<u8> {
        let mut line = serde_json::to_vec(what).unwrap();
        line.push(b'\n');
        line
    }

    /// An inspector that has seen so many cycles.
    async fn inspector(cycles: u64, memory: u64) -> (Inspector, Client, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            port: 0,
            socket: dir.path().join("link.sock"),
            memory,
            ..Config::default()
        };
        let inspector = onionskin_web::start(config).await.unwrap();
        let socket = inspector.socket().to_owned();
        let told = tokio::task::spawn_blocking(move || app(&socket, cycles));
        told.await.unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while inspector.store().counters().seen < cycles {
            assert!(Instant::now() < end, "not all come");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let client = Client::new(inspector.url()).unwrap();
        (inspector, client, dir)
    }

    /// The oldest and the newest position of those that follow `last`, how many, and how many are missing before them.
    async fn after(client: &Client, filter: &str, last: u64) -> (u64, u64, usize, Option<u64>) {
        let mut last = Some(last);
        let news = newest(client, filter, &mut last).await.unwrap();
        let News::Connected {
            cycles, missing, ..
        } = news
        else {
            panic!("{news:?}");
        };
        let positions: Vec<_> = cycles.iter().map(|c| c.position).collect();
        assert!(positions.is_sorted());
        let ends = (positions[0], *positions.last().unwrap());
        assert_eq!(last, Some(ends.1), "it goes on from there");
        (ends.0, ends.1, positions.len(), missing)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_came_meanwhile_comes_whole_or_what_is_missing_is_told() {
        let (_inspector, client, _dir) = inspector(7_000, 256 << 20).await;
        for filter in ["", "method:GET"] {
            let after = async |last| after(&client, filter, last).await;
            assert_eq!(after(6_600).await, (6_501, 7_000, 500, None));
            assert_eq!(after(6_500).await, (6_501, 7_000, 500, None));
            assert_eq!(after(6_499).await, (6_001, 7_000, 1_000, None));
            assert_eq!(after(2_000).await, (2_001, 7_000, 5_000, None));
            assert_eq!(after(1_990).await, (2_001, 7_000, 5_000, Some(10)));
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_not_kept_any_more_is_missing_too() {
        let (inspector, client, _dir) = inspector(3_000, 1 << 20).await;
        let kept = inspector.store().counters().stored;
        assert!(kept < 2_990, "{kept}");
        let first = 3_000 - kept + 1;
        let missing = first - 11;
        let all = (first, 3_000, kept as usize);
        assert_eq!(
            after(&client, "", 10).await,
            (all.0, all.1, all.2, Some(missing))
        );
        // Nobody knows whether those matched.
        assert_eq!(
            after(&client, "method:GET", 10).await,
            (all.0, all.1, all.2, Some(0))
        );
    }
}
