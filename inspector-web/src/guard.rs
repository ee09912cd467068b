//! Who may ask at all.
//!
//! Any web page that the user visits can make the browser send requests to loopback. So before a request is routed: its
//! `Host` must be one of ours, spelled as a browser spells it (a name that an attacker's DNS points here is not), its
//! `Origin` must be ours where there is one, the browser must not call it cross-site (but for a link to the static page),
//! and it must only read. And whatever is not part of the static page needs the token, which only this user has seen.

mod token;

pub(crate) use token::Token;

use crate::api::Problem;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use std::time::Duration;

/// The rules for one listener.
#[derive(Debug)]
pub(crate) struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
    token: Token,
    /// How long the answer to a wrong token is held back.
    delay: Duration,
}

impl Guard {
    pub(crate) fn new(port: u16, token: Token, delay: Duration) -> Self {
        let names = ["localhost", "127.0.0.1", "[::1]"];
        let mut hosts: Vec<String> = names.iter().map(|n| format!("{n}:{port}")).collect();
        if port == 80 {
            hosts.extend(names.map(String::from));
        }
        let origins = hosts.iter().map(|host| format!("http://{host}")).collect();
        Self {
            hosts,
            origins,
            token,
            delay,
        }
    }

    /// Lets a request in or says why not.
    ///
    /// # Errors
    /// With the answer that the client gets.
    pub(crate) async fn check<B>(&self, request: &Request<B>) -> Result<(), Problem> {
        self.check_origin(request)?;
        let path = request.uri().path();
        // What does something is posted, and nothing else is.
        let allowed = match *request.method() {
            Method::GET | Method::HEAD => !crate::api::takes_post(path),
            Method::POST => crate::api::takes_post(path),
            _ => false,
        };
        if !allowed {
            return Err(Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method",
                match crate::api::takes_post(path) {
                    true => "This is done by POST.",
                    false => "Nothing here takes this method; use GET or HEAD.",
                },
            ));
        }
        if crate::api::is_public(path) || self.has_token(request.headers()) {
            return Ok(());
        }
        tokio::time::sleep(self.delay).await;
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "token",
            "Send the token as `Authorization: Bearer …`; it is in the URL that the inspector printed at start, behind \
             `#token=`.",
        ))
    }

    fn check_origin<B>(&self, request: &Request<B>) -> Result<(), Problem> {
        let forbidden = |name, detail| Err(Problem::new(StatusCode::FORBIDDEN, name, detail));
        let headers = request.headers();
        let is_one_of = |value: &HeaderValue, list: &[String]| {
            list.iter().any(|one| one.as_bytes() == value.as_bytes())
        };
        let target = request.uri().authority();
        let host = the_only(headers, header::HOST);
        if !host.is_ok_and(|host| host.is_some_and(|host| is_one_of(host, &self.hosts)))
            || target.is_some_and(|target| !self.hosts.iter().any(|one| one == target.as_str()))
        {
            return forbidden(
                "host",
                "The Host is not this inspector's; use the URL that it printed at start.",
            );
        }
        let origin = the_only(headers, header::ORIGIN);
        if !origin.is_ok_and(|origin| origin.is_none_or(|origin| is_one_of(origin, &self.origins)))
        {
            return forbidden("origin", "Pages of other origins get nothing here.");
        }
        let site = the_only(headers, "sec-fetch-site");
        let is_ours = site.is_ok_and(|site| site.is_none_or(|s| s == "same-origin" || s == "none"));
        if !is_ours && !is_link_to_page(request) {
            return forbidden("site", "Pages of other sites get nothing here.");
        }
        Ok(())
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let value = the_only(headers, header::AUTHORIZATION).unwrap_or_default();
        let bearer = value.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        bearer.is_some_and(|given| self.token.is(given))
    }
}

/// Whether the user followed a link to the dashboard, from a file or another site, in a tab of its own: the browser says so
/// and no page can make it say so. The page that is opened holds nothing, can't be framed, and the one that it was opened
/// from has no hold on it. `Origin` was looked at already; a link has none.
fn is_link_to_page<B>(request: &Request<B>) -> bool {
    let is = |name: &str, value: &str| {
        let given = the_only(request.headers(), name);
        given.is_ok_and(|given| given.is_some_and(|given| given == value))
    };
    request.uri().path() == "/"
        && (is("sec-fetch-site", "cross-site") || is("sec-fetch-site", "same-site"))
        && is("sec-fetch-mode", "navigate")
        && is("sec-fetch-dest", "document")
}

/// The value of a header that may come once; an error if it comes more often.
fn the_only(
    headers: &HeaderMap,
    name: impl header::AsHeaderName,
) -> Result<Option<&HeaderValue>, ()> {
    let mut values = headers.get_all(name).into_iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a request, as a status, with these headers.
    async fn ask(method: &str, target: &str, headers: &[(&str, &str)]) -> u16 {
        let token = Token::from_text("s3cret");
        let guard = Guard::new(7335, token, Duration::ZERO);
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        match guard.check(&request).await {
            Ok(()) => 200,
            Err(problem) => problem.status().as_u16(),
        }
    }

    const HOST: (&str, &str) = ("host", "127.0.0.1:7335");

    #[tokio::test]
    async fn only_our_own_hosts_spelled_in_full() {
        for host in ["localhost:7335", "127.0.0.1:7335", "[::1]:7335"] {
            assert_eq!(ask("GET", "/", &[("host", host)]).await, 200, "{host}");
        }
        for host in [
            "",
            "localhost",
            "localhost:80",
            "localhost:73350",
            "localhost.:7335",
            "localhost6:7335",
            "LOCALHOST:7335",
            "127.1:7335",
            "127.0.0.1.:7335",
            "127.0.0.1.nip.io:7335",
            "0.0.0.0:7335",
            "2130706433:7335",
            "0x7f000001:7335",
            "[::ffff:127.0.0.1]:7335",
            "[::]:7335",
            "user@localhost:7335",
            "evil.example:7335",
        ] {
            assert_eq!(ask("GET", "/", &[("host", host)]).await, 403, "{host:?}");
        }
        assert_eq!(ask("GET", "/", &[]).await, 403);
        assert_eq!(ask("GET", "/", &[HOST, HOST]).await, 403);
        assert_eq!(ask("GET", "http://evil.example/", &[HOST]).await, 403);
        assert_eq!(ask("GET", "http://localhost:7335/", &[HOST]).await, 200);
    }

    #[tokio::test]
    async fn only_our_own_pages() {
        for (name, value, status) in [
            ("origin", "http://127.0.0.1:7335", 200),
            ("origin", "http://localhost:7335", 200),
            ("origin", "http://localhost:3000", 403),
            ("origin", "https://localhost:7335", 403),
            ("origin", "http://localhost:7335/", 403),
            ("origin", "null", 403),
            ("origin", "", 403),
            ("sec-fetch-site", "same-origin", 200),
            ("sec-fetch-site", "none", 200),
            ("sec-fetch-site", "same-site", 403),
            ("sec-fetch-site", "cross-site", 403),
            ("sec-fetch-site", "", 403),
        ] {
            let status_here = ask("GET", "/", &[HOST, (name, value)]).await;
            assert_eq!(status_here, status, "{name}: {value}");
        }
        let twice = [HOST, ("sec-fetch-site", "none"), ("sec-fetch-site", "none")];
        assert_eq!(ask("GET", "/", &twice).await, 403);
    }

    #[tokio::test]
    async fn a_link_leads_to_the_page_and_to_nothing_else() {
        let good = ("authorization", "Bearer s3cret");
        let link = |site: &'static str, mode: &'static str, dest: &'static str| {
            [
                HOST,
                good,
                ("sec-fetch-site", site),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", dest),
            ]
        };
        for site in ["cross-site", "same-site"] {
            let headers = link(site, "navigate", "document");
            assert_eq!(ask("GET", "/", &headers).await, 200);
            assert_eq!(ask("GET", "/?filter=x", &headers).await, 200);
            for path in ["/app.js", "/api/status", "/api/cycles", "//"] {
                assert_eq!(ask("GET", path, &headers).await, 403, "{path}");
            }
            assert_eq!(ask("POST", "/", &headers).await, 405);
            for (mode, dest) in [
                ("navigate", "iframe"),
                ("navigate", "object"),
                ("navigate", "embed"),
                ("no-cors", "document"),
                ("no-cors", "script"),
                ("cors", "empty"),
                ("websocket", "websocket"),
                ("", ""),
            ] {
                let status = ask("GET", "/", &link(site, mode, dest)).await;
                assert_eq!(status, 403, "{mode} {dest}");
            }
        }
        let mut foreign = link("cross-site", "navigate", "document").to_vec();
        foreign.push(("origin", "null"));
        assert_eq!(ask("GET", "/", &foreign).await, 403);
        foreign.pop();
        foreign.push(("sec-fetch-dest", "document"));
        assert_eq!(ask("GET", "/", &foreign).await, 403, "said twice");
    }

    #[tokio::test]
    async fn only_reading_and_only_with_the_token() {
        let good = ("authorization", "Bearer s3cret");
        for method in [
            "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "X",
        ] {
            assert_eq!(ask(method, "/", &[HOST, good]).await, 405, "{method}");
        }
        let json = ("content-type", "application/json");
        for path in [
            "/api/recording",
            "/api/recording/stop",
            "/api/send",
            "/api/send/stop",
        ] {
            assert_eq!(ask("POST", path, &[HOST, good, json]).await, 200, "{path}");
            assert_eq!(ask("POST", path, &[HOST, json]).await, 401, "{path}");
            assert_eq!(ask("GET", path, &[HOST, good]).await, 405, "{path}");
            for foreign in [
                ("origin", "http://localhost:3000"),
                ("origin", "null"),
                ("sec-fetch-site", "cross-site"),
            ] {
                assert_eq!(
                    ask("POST", path, &[HOST, good, json, foreign]).await,
                    403,
                    "{path}"
                );
            }
            assert_eq!(
                ask("POST", path, &[("host", "evil.example"), good, json]).await,
                403
            );
        }
        for path in [
            "/api/status",
            "/api",
            "/nothing",
            "/API/status",
            "//api/status",
        ] {
            assert_eq!(ask("GET", path, &[HOST]).await, 401, "{path}");
            assert_eq!(ask("HEAD", path, &[HOST, good]).await, 200, "{path}");
        }
        for wrong in [
            "Bearer s3creT",
            "Bearer s3cre",
            "Bearer s3cret ",
            "Basic s3cret",
            "s3cret",
            "",
        ] {
            let status = ask("GET", "/api/status", &[HOST, ("authorization", wrong)]).await;
            assert_eq!(status, 401, "{wrong:?}");
        }
        assert_eq!(ask("GET", "/api/status?token=s3cret", &[HOST]).await, 401);
        assert_eq!(ask("GET", "/api/status", &[HOST, good, good]).await, 401);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_token_takes_its_time() {
        let guard = Guard::new(7335, Token::from_text("x"), Duration::from_millis(250));
        let request = Request::get("/api")
            .header(HOST.0, HOST.1)
            .body(())
            .unwrap();
        let start = tokio::time::Instant::now();
        guard.check(&request).await.unwrap_err();
        assert!(start.elapsed() >= Duration::from_millis(250));
    }
}
