//! smoke
use std::time::Duration;
#[tokio::main]
async fn main() {
    let dir = std::env::temp_dir().join("onionskin-smoke");
    std::fs::create_dir_all(&dir).unwrap();
    let mut config = onionskin_web::Config::default();
    config.socket = dir.join("run").join("link.sock");
    unsafe_env(&config.socket);
    let inspector = onionskin_web::start(config).await.unwrap();
    let client = onionskin_web::Client::new(inspector.url()).unwrap();
    let shop = bookshop::shop::start(bookshop::shop::ShopConfig { port: 0, data_dir: dir.join("data"), ..Default::default() }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(800)).await;
    let n: u64 = std::env::args().nth(1).map_or(40, |a| a.parse().unwrap());
    bookshop::visitors::run(shop.addr(), bookshop::visitors::VisitorConfig { seed: 7, visits: Some(n), pace: Duration::from_millis(20), ..Default::default() }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let page = client.cycles(Some(500), None, None).await.unwrap();
    for c in page.cycles.iter().rev() {
        println!("{}", axum::text::line(&c.cycle));
    }
    println!("{:?}", page.counters);
    let want = std::env::args().nth(2).unwrap_or_default();
    for c in &page.cycles {
        if !want.is_empty() && c.cycle.target.contains(&want) {
            let cycle = client.cycle(&c.cycle.id).await.unwrap();
            println!("{}", axum::text::timeline(&cycle));
            break;
        }
    }
}
fn unsafe_env(p: &std::path::Path) { assert_eq!(std::env::var_os("ONIONSKIN_SOCKET").as_deref(), Some(p.as_os_str())); }
