//! The rival that real Substrate nodes are made of: jsonrpsee's server, with state_getStorage as a node has it.
//! Parameters are read to bytes, the value is looked up by key and block, and written as hexadecimal text. It
//! knows the benchmark's workload: lines of PARAMS, tab, RESULT. No database and no state trie are behind it.

use std::collections::HashMap;
use std::io::Write;

use jsonrpsee::server::{RpcModule, Server, ServerConfig};
use jsonrpsee::types::ErrorObjectOwned;

type Values = HashMap<(Vec<u8>, Vec<u8>), Vec<u8>>;

fn read_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    if digits.len() % 2 != 0 {
        return None;
    }
    let digit = |c: u8| (c as char).to_digit(16).map(|value| value as u8);
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

fn write_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("0x");
    for byte in bytes {
        text.push(DIGITS[(byte >> 4) as usize] as char);
        text.push(DIGITS[(byte & 15) as usize] as char);
    }
    text
}

/// The strings of a line of the workload: three of them, with nothing escaped.
fn read_line(line: &str) -> Option<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    let mut strings = line.split('"').skip(1).step_by(2).map(read_hex);
    Some((strings.next()??, strings.next()??, strings.next()??))
}

fn read_workload(path: &str) -> Result<Values, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("--workload {path}: {error}"))?;
    let mut values = Values::new();
    for (number, line) in text.lines().enumerate() {
        let (key, block, value) = read_line(line)
            .ok_or_else(|| format!("--workload {path}: line {} is not PARAMS, tab, RESULT", number + 1))?;
        values.insert((key, block), value);
    }
    Ok(values)
}

fn invalid() -> ErrorObjectOwned {
    ErrorObjectOwned::owned(-32602, "Invalid params", None::<()>)
}

fn methods(values: Values) -> RpcModule<Values> {
    let mut module = RpcModule::new(values);
    module
        .register_method("state_getStorage", |params, values, _| {
            let mut sequence = params.sequence();
            let key: &str = sequence.next().map_err(|_| invalid())?;
            let block: &str = sequence.next().map_err(|_| invalid())?;
            let place = (read_hex(key).ok_or_else(invalid)?, read_hex(block).ok_or_else(invalid)?);
            Ok::<Option<String>, ErrorObjectOwned>(values.get(&place).map(|value| write_hex(value)))
        })
        .expect("there is one method");
    module
}

/// One thread, as the benchmark gives a server one core; tokio's other runtime is about as fast on it.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() != 3 || arguments[1] != "--workload" {
        eprintln!("bench-jsonrpsee: it takes --workload FILE");
        std::process::exit(2);
    }
    let values = read_workload(&arguments[2]).unwrap_or_else(|problem| {
        eprintln!("{problem}");
        std::process::exit(2)
    });
    let server =
        match Server::builder().set_config(ServerConfig::builder().build()).build("127.0.0.1:0").await {
            Ok(server) => server,
            Err(error) => {
                eprintln!("bench-jsonrpsee: cannot listen on 127.0.0.1: {error}");
                std::process::exit(1)
            }
        };
    let port = server.local_addr().expect("it listens").port();
    println!("{{\"ready\":true,\"port\":{port}}}");
    std::io::stdout().flush().expect("somebody waits for this line");
    server.start(methods(values)).stopped().await;
}
