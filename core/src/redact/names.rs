//! Which names say that a value is a credential.

/// How a header's value is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A header of everyday use that holds no credential.
    Known,
    /// Any other: kept, unless the value itself looks like a credential.
    Plain,
    /// Masked whole.
    Secret,
    /// The scheme is kept.
    Authorization,
    /// The names are kept.
    Cookie,
    /// The name and the attributes are kept.
    SetCookie,
    /// A URL: credentials in it are masked.
    Url,
}

impl Class {
    /// All of them, each at its number.
    #[cfg(any(debug_assertions, feature = "in-release"))]
    pub(crate) const ALL: [Self; 7] = [
        Self::Known,
        Self::Plain,
        Self::Secret,
        Self::Authorization,
        Self::Cookie,
        Self::SetCookie,
        Self::Url,
    ];
}

/// Headers that are masked whole, beside those whose name says it ([`TERMS`]) and the values marked sensitive.
const SECRET: [&str; 19] = [
    "api-key",
    "apikey",
    "php-auth-pw",
    "proxy-authenticate-info",
    "stripe-signature",
    "x-access-token",
    "x-amz-security-token",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-csrftoken",
    "x-goog-iap-jwt-assertion",
    "x-hub-signature",
    "x-hub-signature-256",
    "x-vault-token",
    "x-xsrf-token",
    "x-client-cert",
    "x-forwarded-client-cert",
    "x-ssl-client-cert",
];

/// A header, cookie or query parameter with one of these in its name holds a credential.
const TERMS: [&str; 30] = [
    "auth",
    "token",
    "secret",
    "password",
    "passwd",
    "passw",
    "pwd",
    "key",
    "jwt",
    "bearer",
    "sso",
    "saml",
    "csrf",
    "xsrf",
    "credentials",
    "session",
    "sid",
    "identity",
    "signature",
    "otp",
    "cvv",
    "cvc",
    "ssn",
    "code_verifier",
    "device_code",
    "user_code",
    "assertion",
    "refresh",
    "apikey",
    "passphrase",
];

/// Query parameters that hold a credential although their name holds no term.
pub(super) const QUERY_EXACT: [&str; 5] = [
    "X-Amz-Credential",
    "AWSAccessKeyId",
    "sig",
    "code",
    "ticket",
];

/// Headers of everyday use, some of them with a term in their name that means nothing there.
const KNOWN: [&str; 66] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "access-control-request-headers",
    "access-control-request-method",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "dnt",
    "etag",
    "expect",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "last-modified",
    "origin",
    "permissions-policy",
    "pragma",
    "priority",
    "range",
    "referrer-policy",
    "retry-after",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "server",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade-insecure-requests",
    "user-agent",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-frame-options",
    "x-request-id",
];

/// Words that tell a credential in the names of bodies' fields, beside the [`TERMS`].
const MORE_WORDS: [&str; 6] = [
    "authorization",
    "certificate",
    "crypt",
    "pin",
    "salt",
    "verifier",
];

/// Words with which the name of a body's field ends that is about credentials and holds none: OpenID's metadata has them.
const ABOUT: [&str; 7] = [
    "alg",
    "endpoint",
    "method",
    "methods",
    "supported",
    "type",
    "types",
];

/// Ends of names of bodies' fields that tell a credential together, without their signs.
const WHOLE: [&str; 2] = ["devicecode", "usercode"];

/// Whether a word of a body's field name tells a credential. There words are matched whole, so that `key` does not hit
/// `keyboard`.
pub(super) fn is_telling_word(word: &str) -> bool {
    TERMS.contains(&word) || MORE_WORDS.contains(&word)
}

/// Whether a name that ends with this word holds no credential, whatever it is about.
pub(super) fn is_about(word: &str) -> bool {
    ABOUT.contains(&word)
}

/// Whether the last words of a name tell a credential together.
pub(super) fn is_telling_whole(words: &str) -> bool {
    WHOLE.iter().any(|whole| words.ends_with(whole))
}

/// Headers with a class of their own.
const SPECIAL: [&str; 10] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "location",
    "content-location",
    "referer",
    "link",
    "x-original-url",
    "x-forwarded-uri",
];

/// All names of headers that stand here by themselves.
pub(super) fn listed() -> impl Iterator<Item = &'static str> {
    SECRET.into_iter().chain(KNOWN).chain(SPECIAL)
}

/// How the value of this header is treated.
pub(super) fn classify(name: &str) -> Class {
    match name {
        "authorization" | "proxy-authorization" => Class::Authorization,
        "cookie" => Class::Cookie,
        "set-cookie" => Class::SetCookie,
        "location" | "content-location" | "referer" | "link" | "x-original-url"
        | "x-forwarded-uri" => Class::Url,
        _ if SECRET.contains(&name) => Class::Secret,
        _ if KNOWN.contains(&name) => Class::Known,
        _ if names_credential(name) => Class::Secret,
        _ => Class::Plain,
    }
}

/// Whether a name of a header, cookie or query parameter says that it holds a credential.
pub(super) fn names_credential(name: &str) -> bool {
    let name = name.as_bytes();
    let starts = |at: usize, term: &str| {
        name[at..]
            .get(..term.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(term.as_bytes()))
    };
    // An author authorizes nothing.
    let is_author =
        |at| starts(at, "author") && !(0..name.len()).any(|elsewhere| starts(elsewhere, "authori"));
    (0..name.len()).any(|at| {
        // The first letter decides nearly always.
        let first = name[at].to_ascii_lowercase();
        TERMS
            .iter()
            .any(|term| term.as_bytes()[0] == first && starts(at, term))
            && !is_author(at)
    })
}
