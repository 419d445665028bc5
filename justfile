# Shortcuts; CI runs `bash .ci/run` and nothing else.

default: check

# Format, lint and test, as before every commit.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features -- -D warnings
    cargo test --workspace

# Everything CI runs.
ci:
    bash .ci/run

# The long checks too.
full:
    bash .ci/run full

# One master, three simulated wall connectors, one day in seconds.
demo *args:
    cargo run --release -- demo {{args}}
