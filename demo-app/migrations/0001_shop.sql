CREATE TABLE authors (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    country TEXT NOT NULL,
    born    INTEGER NOT NULL
);

CREATE TABLE categories (
    id   INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
);

CREATE TABLE books (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    title       TEXT NOT NULL,
    author_id   INTEGER NOT NULL REFERENCES authors (id),
    category_id INTEGER NOT NULL REFERENCES categories (id),
    year        INTEGER NOT NULL,
    price_pence INTEGER NOT NULL CHECK (price_pence > 0),
    stock       INTEGER NOT NULL CHECK (stock >= 0),
    blurb       TEXT NOT NULL,
    cover       TEXT
);
CREATE INDEX books_by_author ON books (author_id);
CREATE INDEX books_by_category ON books (category_id);

CREATE TABLE reviews (
    id         INTEGER PRIMARY KEY,
    book_id    INTEGER NOT NULL REFERENCES books (id) ON DELETE CASCADE,
    reader     TEXT NOT NULL,
    stars      INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    body       TEXT NOT NULL,
    written_at TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX reviews_by_book ON reviews (book_id);

CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    password_salt TEXT NOT NULL,
    password_hash TEXT NOT NULL
);

CREATE TABLE sessions (
    token      TEXT PRIMARY KEY,
    user_id    INTEGER REFERENCES users (id),
    created_at TEXT NOT NULL DEFAULT (datetime('now'))
) WITHOUT ROWID;

CREATE TABLE cart_items (
    user_id  INTEGER NOT NULL REFERENCES users (id),
    book_id  INTEGER NOT NULL REFERENCES books (id) ON DELETE CASCADE,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (user_id, book_id)
) WITHOUT ROWID;

CREATE TABLE orders (
    id          INTEGER PRIMARY KEY,
    user_id     INTEGER NOT NULL REFERENCES users (id),
    items       INTEGER NOT NULL,
    total_pence INTEGER NOT NULL,
    placed_at   TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX orders_by_user ON orders (user_id);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
