// SPDX-License-Identifier: GPL-2.0-or-later
//! A PBX that answers every call at once.
use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use testbed::Result;

/// The PBX. It ends with this.
pub(super) struct Pbx {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Pbx {
    /// At a port of the kernel's choice.
    pub(super) fn start(ip: Ipv4Addr) -> Result<Self> {
        let socket = UdpSocket::bind((ip, 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(20)))?;
        let address = socket.local_addr()?;
        let calls = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (calls, stop) = (Arc::clone(&calls), Arc::clone(&stop));
            move || answer(&socket, &calls, &stop)
        });
        Ok(Self {
            address,
            calls,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The Call-ID of each INVITE so far, without retransmissions.
    pub(super) fn calls(&self) -> Vec<String> {
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Pbx {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(socket: &UdpSocket, calls: &Mutex<Vec<String>>, stop: &AtomicBool) {
    let mut buffer = vec![0; 65536];
    while !stop.load(Ordering::Relaxed) {
        let Ok((read, peer)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
        if request.starts_with("ACK ") || request.starts_with("SIP/2.0 ") {
            continue;
        }
        let call_id = header(&request, "Call-ID").unwrap_or_default();
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        if request.starts_with("INVITE ") && !calls.contains(&call_id) {
            calls.push(call_id);
        }
        drop(calls);
        // A reply that is lost is asked for again.
        let _ = socket.send_to(reply(&request, socket).as_bytes(), peer);
    }
}

/// 200, with what a reply repeats of its request.
fn reply(request: &str, socket: &UdpSocket) -> String {
    let mut text = "SIP/2.0 200 OK\r\n".to_owned();
    for line in request.split("\r\n").take_while(|line| !line.is_empty()) {
        let Some((name, _)) = line.split_once(':') else {
            continue;
        };
        let repeated = ["Via", "From", "To", "Call-ID", "CSeq", "Record-Route"];
        if repeated
            .iter()
            .any(|wanted| name.eq_ignore_ascii_case(wanted))
        {
            text.push_str(line);
            if name.eq_ignore_ascii_case("To") && !line.contains(";tag=") {
                text.push_str(";tag=pbx");
            }
            text.push_str("\r\n");
        }
    }
    let local = socket.local_addr().map(|address| address.to_string());
    let contact = format!("Contact: <sip:pbx@{}>\r\n", local.unwrap_or_default());
    text + &contact + "Content-Length: 0\r\n\r\n"
}

fn header(request: &str, wanted: &str) -> Option<String> {
    let mut headers = request
        .split("\r\n")
        .filter_map(|line| line.split_once(':'));
    let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    Some(value.trim().to_owned())
}
