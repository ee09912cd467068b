//! What `health` means: requests that nobody made on purpose.

use super::line::path_and_query;
use onionskin::wire::CycleSummary;

/// Paths that are asked for to see whether an app is alive, anywhere below a prefix: `/healthz`, `/api/health/live`.
const CHECKS: [&str; 12] = [
    "health",
    "healthz",
    "healthcheck",
    "health-check",
    "_health",
    "livez",
    "liveness",
    "readyz",
    "readiness",
    "heartbeat",
    "ping",
    "up",
];

/// Whether it is a health check, or what browsers ask for by themselves: docs/FILTER.md has the list.
pub(super) fn is_health(line: &CycleSummary) -> bool {
    if !matches!(&*line.method, "GET" | "HEAD") {
        return false;
    }
    let (path, _) = path_and_query(&line.target);
    is_check(path) || is_of_a_browser(path)
}

/// Kubernetes' and load balancers' custom: the last segment is one of these, or it is below `health`.
fn is_check(path: &str) -> bool {
    let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
    let last = segments.next().unwrap_or_default();
    let before = segments.next().unwrap_or_default();
    CHECKS.contains(&last)
        || (matches!(before, "health" | "healthz") && matches!(last, "live" | "ready" | "startup"))
}

fn is_of_a_browser(path: &str) -> bool {
    // Chrome's DevTools, Safari.
    path == "/favicon.ico"
        || path.starts_with("/.well-known/appspecific/")
        || (path.starts_with("/apple-touch-icon") && path.ends_with(".png"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asked_for_on_purpose() {
        for path in [
            "/health",
            "/healthz/",
            "/api/v1/health/live",
            "/-/ping",
            "/favicon.ico",
            "/.well-known/appspecific/com.chrome.devtools.json",
            "/apple-touch-icon-120x120.png",
        ] {
            assert!(is_check(path) || is_of_a_browser(path), "{path}");
        }
        for path in [
            "/",
            "/healthy",
            "/shipping",
            "/upload",
            "/live",
            "/.well-known/openid-configuration",
        ] {
            assert!(!is_check(path) && !is_of_a_browser(path), "{path}");
        }
    }
}
