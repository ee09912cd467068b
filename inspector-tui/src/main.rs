//! The `onionskin` command: see [`onionskin_tui::cli`].

fn main() -> std::process::ExitCode {
    onionskin_tui::cli::main()
}
