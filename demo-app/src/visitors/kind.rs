//! Every sort of request a visitor makes, and how each should end.

use axum::http::Method;

/// One sort of request. The comments say what is special about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the table in `Kind::spec` says it better")]
pub enum Kind {
    Home,
    Styles,
    Books,
    BooksPage,
    BooksSlash,
    BooksHead,
    Search,
    Book,
    BookMissing,
    BookMistyped,
    Review,
    ReviewInvalid,
    Download,
    OldBooks,
    Authors,
    Slow,
    SlowTimedOut,
    SlowGivenUp,
    Busy,
    Error,
    Panic,
    Export,
    ExportDropped,
    Events,
    UploadForm,
    Upload,
    UploadTooLarge,
    LoginForm,
    LoginRefused,
    Login,
    Account,
    AccountRefused,
    CartAdd,
    Cart,
    CheckOut,
    Logout,
    ApiBooks,
    ApiBook,
    ApiBookMissing,
    ApiPreflight,
    ApiCreate,
    ApiInvalid,
    ApiMalformed,
    ApiNoKey,
    ApiUpdate,
    ApiDelete,
    Health,
    NotFound,
    MethodNotAllowed,
}

/// What a kind is, in one row.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) method: Method,
    /// The route it is meant for, as the router knows it.
    pub(crate) route: &'static str,
    /// The status it should be answered with; `None` when the visitor leaves before the end.
    pub(crate) status: Option<u16>,
}

impl Kind {
    #[rustfmt::skip]
    pub(crate) fn spec(self) -> Spec {
        let (method, route, status) = match self {
            Self::Home             => (Method::GET,     "/",                    Some(200)),
            Self::Styles           => (Method::GET,     "/assets/shop.css",     Some(200)),
            Self::Books            => (Method::GET,     "/books",               Some(200)),
            Self::BooksPage        => (Method::GET,     "/books",               Some(200)),
            Self::BooksSlash       => (Method::GET,     "/books",               Some(200)), // asks for /books/
            Self::BooksHead        => (Method::HEAD,    "/books",               Some(200)),
            Self::Search           => (Method::GET,     "/books",               Some(200)),
            Self::Book             => (Method::GET,     "/books/{id}",          Some(200)),
            Self::BookMissing      => (Method::GET,     "/books/{id}",          Some(404)),
            Self::BookMistyped     => (Method::GET,     "/books/{id}",          Some(400)), // an id that is no number
            Self::Review           => (Method::POST,    "/books/{id}/reviews",  Some(303)),
            Self::ReviewInvalid    => (Method::POST,    "/books/{id}/reviews",  Some(422)),
            Self::Download         => (Method::GET,     "/download/{id}",       Some(200)),
            Self::OldBooks         => (Method::GET,     "/old-books",           Some(308)),
            Self::Authors          => (Method::GET,     "/authors",             Some(200)),
            Self::Slow             => (Method::GET,     "/slow",                Some(200)),
            Self::SlowTimedOut     => (Method::GET,     "/slow",                Some(503)), // the shop gives up
            Self::SlowGivenUp      => (Method::GET,     "/slow",                None),      // the visitor gives up
            Self::Busy             => (Method::GET,     "/busy",                Some(200)),
            Self::Error            => (Method::GET,     "/error",               Some(500)),
            Self::Panic            => (Method::GET,     "/panic",               Some(500)),
            Self::Export           => (Method::GET,     "/export/books.csv",    Some(200)),
            Self::ExportDropped    => (Method::GET,     "/export/books.csv",    None),      // leaves in mid-body
            Self::Events           => (Method::GET,     "/events",              None),      // leaves after a few events
            Self::UploadForm       => (Method::GET,     "/upload",              Some(200)),
            Self::Upload           => (Method::POST,    "/upload",              Some(303)),
            Self::UploadTooLarge   => (Method::POST,    "/upload",              Some(413)),
            Self::LoginForm        => (Method::GET,     "/login",               Some(200)),
            Self::LoginRefused     => (Method::POST,    "/login",               Some(401)),
            Self::Login            => (Method::POST,    "/login",               Some(303)),
            Self::Account          => (Method::GET,     "/account",             Some(200)),
            Self::AccountRefused   => (Method::GET,     "/account",             Some(401)), // by the login layer
            Self::CartAdd          => (Method::POST,    "/cart/items",          Some(303)),
            Self::Cart             => (Method::GET,     "/cart",                Some(200)),
            Self::CheckOut         => (Method::POST,    "/cart/checkout",       Some(303)),
            Self::Logout           => (Method::POST,    "/logout",              Some(303)),
            Self::ApiBooks         => (Method::GET,     "/api/books",           Some(200)),
            Self::ApiBook          => (Method::GET,     "/api/books/{id}",      Some(200)),
            Self::ApiBookMissing   => (Method::GET,     "/api/books/{id}",      Some(404)),
            Self::ApiPreflight     => (Method::OPTIONS, "/api/books",           Some(200)), // by the CORS layer
            Self::ApiCreate        => (Method::POST,    "/api/books",           Some(201)),
            Self::ApiInvalid       => (Method::POST,    "/api/books",           Some(422)),
            Self::ApiMalformed     => (Method::POST,    "/api/books",           Some(400)), // by the Json extractor
            Self::ApiNoKey         => (Method::POST,    "/api/books",           Some(401)), // by the API key layer
            Self::ApiUpdate        => (Method::PUT,     "/api/books/{id}",      Some(200)), // the one it created
            Self::ApiDelete        => (Method::DELETE,  "/api/books/{id}",      Some(204)), // the one it created
            Self::Health           => (Method::GET,     "/health",              Some(200)),
            Self::NotFound         => (Method::GET,     "(fallback)",           Some(404)),
            Self::MethodNotAllowed => (Method::DELETE,  "/books",               Some(405)),
        };
        Spec { method, route, status }
    }

    /// The route it is meant for, as the router knows it.
    #[must_use]
    pub fn route(self) -> &'static str {
        self.spec().route
    }
}
