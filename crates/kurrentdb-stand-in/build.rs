//! Makes the messages and the server traits from the protocol files.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = ["streams.proto", "gossip.proto", "serverfeatures.proto"];
    let files = protox::compile(files.map(|file| format!("protos/{file}")), ["protos"])?;
    tonic_build::configure()
        .build_client(false)
        .bytes(["."])
        .include_file("protocol.rs")
        .compile_fds(files)?;
    println!("cargo:rerun-if-changed=protos");
    Ok(())
}
