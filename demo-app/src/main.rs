//! The `bookshop` command: the shop, with visitors in it.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match bookshop::run::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bookshop: {}", onionskin_tui::cli::said(&error));
            ExitCode::FAILURE
        }
    }
}
