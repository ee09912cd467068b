//! The shop on the screens of the terminal UI: statements of a real sqlx, pages of real templates, a stack of many layers.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use onionskin_web::Config;

use crate::{beside::Shop, eyes::Eyes};

#[test]
fn a_page_with_its_layers_its_statements_and_its_template() {
    let dir = tempfile::Builder::new().prefix("osk").tempdir().unwrap();
    let config = Config {
        port: 0,
        socket: dir.path().join("link.sock"),
        ..Config::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let inspector = runtime.block_on(onionskin_web::start(config)).unwrap();
    let shop = Shop::open(dir.path(), inspector.socket(), "");
    let mut client = TcpStream::connect(shop.url.trim_start_matches("http://")).unwrap();
    let head = "GET /books/7/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    client.write_all(head.as_bytes()).unwrap();
    let mut page = Vec::new();
    client.read_to_end(&mut page).unwrap();

    let mut eyes = Eyes::open_newest(inspector.url());
    eyes.at("→ middleware NormalizePath");
    eyes.at("→ resolve")
        .request(&["GET /books/7 HTTP/1.1", "← NormalizePath"]);
    eyes.at("← resolve")
        .response(&["route /books/{id}", "id=7"]);
    eyes.at("→ middleware PropagateRequestIdLayer")
        .request(&["+ x-request-id: ", "← SetRequestIdLayer"]);
    eyes.at("→ middleware session")
        .request(&["· sql INSERT INTO sessions (token, user_id) VALUES (?, ?)"]);
    eyes.at("→ view show")
        .request(&["· sql SELECT ", ", 1 row, ", "· template "]);
    eyes.at("← view show")
        .response(&["+ content-type: text/html"]);
    let written = format!("{} on the wire", axum::text::size(page.len() as u64));
    eyes.at("← send: all sent").response(&[&written]);
    runtime.block_on(inspector.shutdown());
}
