//! The server's name and port.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};

use super::steps::{Failure, Seen, StepResult};
use super::words::Words;
use super::{Question, ServerAddress};

/// Asks the system's resolver, whose own time limit holds.
pub(super) fn resolve(server: &ServerAddress) -> StepResult<Vec<SocketAddr>> {
    let host = server.host.trim();
    let resolved = (host, server.port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
    match resolved {
        Ok(addresses) if !addresses.is_empty() => {
            let list: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
            Ok(Seen::new(addresses, Words::fact(format!("{host} -> {}", list.join(", ")))))
        }
        other => {
            let error = other.err().map_or_else(|| "no address".to_owned(), |error| error.to_string());
            Err(Failure::new(
                Words::fact(format!("{host}: {error}")),
                Words::new(
                    format!("域名 {host} 解析不到地址：名字写错、没有这条 DNS 记录，或本机的 DNS 服务器不可用。"),
                    format!(
                        "{host} has no address: the name is wrong, there is no such DNS record, or this machine's DNS server does not answer."
                    ),
                ),
                Words::new(
                    "核对主机名；为它添加 DNS 或 hosts 记录；在设备所在网络中检查 DNS 设置。厂商 SDK 使用 <ProductId>.iotcloud.tencentdevices.com，需解析到你的服务器。",
                    "Check the spelling, add a DNS or hosts entry, and look at the DNS settings of the device's network. The vendor's SDKs use \
                     <ProductId>.iotcloud.tencentdevices.com, which must resolve to your server.",
                ),
            ))
        }
    }
}

/// Takes the first address that answers.
pub(super) fn open(addresses: &[SocketAddr], question: &Question) -> StepResult<(SocketAddr, TcpStream)> {
    let mut failures = Vec::new();
    let mut worst = io::ErrorKind::Other;
    for address in addresses {
        match TcpStream::connect_timeout(address, question.timeout) {
            Ok(stream) => {
                // Only a matter of speed.
                drop(stream.set_nodelay(true));
                let from = stream.local_addr().map(|from| from.to_string()).unwrap_or_default();
                return Ok(Seen::new((*address, stream), Words::fact(format!("{from} -> {address}"))));
            }
            Err(error) => {
                worst = error.kind();
                failures.push(format!("{address}: {error}"));
            }
        }
    }
    Err(unreachable(&failures, worst, question))
}

fn unreachable(failures: &[String], kind: io::ErrorKind, question: &Question) -> Failure {
    let port = question.server.port;
    let (cause, cure) = match kind {
        io::ErrorKind::ConnectionRefused => (
            Words::new(
                format!("主机在线，但端口 {port} 上没有程序监听，或防火墙拒绝了连接。"),
                format!("The host is there, but nothing listens on port {port}, or a firewall refuses the connection."),
            ),
            Words::new(
                "确认平台正在运行、监听地址不是仅 127.0.0.1（listen.mqtt、listen.mqtts），端口为 1883（明文）或 8883（TLS），并检查容器的端口映射。",
                "See that the platform runs, that listen.mqtt or listen.mqtts is not 127.0.0.1 only, that the port is 1883 (clear) or 8883 (TLS), and that a container publishes it.",
            ),
        ),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => (
            Words::new(
                format!("{} 秒内没有任何应答：防火墙或安全组丢弃了报文，或地址不对。", question.timeout.as_secs()),
                format!(
                    "No answer within {} s: a firewall or security group drops the packets, or the address is wrong.",
                    question.timeout.as_secs()
                ),
            ),
            Words::new(
                format!(
                    "在服务器防火墙、安全组和设备侧网络（含物联网卡白名单）中放行到 TCP {port} 的连接；核对上一步的地址。"
                ),
                format!(
                    "Allow TCP {port} in the server's firewall or security group and in the device's network (a SIM card's allow-list, too); check the address of the step before."
                ),
            ),
        ),
        _ => (
            Words::new(
                "本机没有到该地址的路由，或网络已断开。",
                "This machine has no way to that address, or no network.",
            ),
            Words::new(
                "检查网络连接、网关与 VPN；若只有 IPv6 地址，确认本机支持 IPv6。",
                "Check the network, gateway and VPN; when there are only IPv6 addresses, see that this machine has IPv6.",
            ),
        ),
    };
    Failure::new(Words::fact(failures.join("; ")), cause, cure)
}
