//! The shop's own middleware.

mod api_key;
mod login;
mod panic_page;
mod process_time;
mod security_headers;
mod session;

pub(crate) use self::api_key::{API_KEY, require_api_key};
pub(crate) use self::login::require_login;
pub(crate) use self::panic_page::panic_page;
pub use self::process_time::MARKER;
pub(crate) use self::process_time::process_time;
pub(crate) use self::security_headers::security_headers;
pub use self::session::Session;
pub(crate) use self::session::{cookie, session};
