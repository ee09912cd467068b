//! The `bookshop` command: the shop, with visitors in it.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    bookshop::run::run().await
}
