//! What `/console/` shows when the program was built without the console: an honest page in two languages.

use axum::body::Body;
use axum::http::Response;
use axum::response::{Html, IntoResponse as _};

pub(crate) fn page() -> Response<Body> {
    Html(PAGE).into_response()
}

// The policy of this server's pages allows no style sheet in a page, but styles at elements.
const PAGE: &str = r#"<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>联物 Lianwu</title>
</head>
<body style="font: 16px/1.7 system-ui, sans-serif; max-width: 44em; margin: 3em auto; padding: 0 1em; color: #1f2329">
<section>
<h1>联物正在运行</h1>
<p>本程序构建时没有包含网页控制台。在源码目录执行 <code>make console</code>（需要 Node.js），再重新构建即可；<code>make run</code> 会自动完成这两步。</p>
<p>不使用控制台时，可用腾讯云物联网开发平台（iotexplorer，版本 <code>2019-04-23</code>）的官方 SDK 管理产品和设备：</p>
<ul>
<li>接入点（endpoint）填写本页的主机名和端口，协议选 <code>http</code>，地域填 <code>ap-guangzhou</code>；</li>
<li>SecretId 和 SecretKey 在首次启动时写入数据目录下的 <code>first-run.json</code>；</li>
<li>设备通过 MQTT 连接，证书、密钥和 Topic 与官方设备 SDK 相同，只需更换域名。</li>
</ul>
<p><code>GET /healthz</code> 返回运行状态，<code>GET /metrics</code> 返回监控指标（默认仅限本机）。</p>
</section>
<section lang="en" style="margin-top: 3em; border-top: 1px solid #e5e6eb; padding-top: 1.5em">
<h1>Lianwu is running</h1>
<p>This program was built without the web console. Run <code>make console</code> in the source folder (it needs Node.js) and build again;
<code>make run</code> does both.</p>
<p>Without the console, manage products and devices with the official SDKs of Tencent Cloud IoT Explorer (service
<code>iotexplorer</code>, version <code>2019-04-23</code>):</p>
<ul>
<li>set the endpoint to the host and port of this page, the protocol to <code>http</code>, the region to
<code>ap-guangzhou</code>;</li>
<li>SecretId and SecretKey were written to <code>first-run.json</code> in the data directory at first start;</li>
<li>devices connect by MQTT with the keys and topics of the official device SDKs; only the host name changes.</li>
</ul>
<p><code>GET /healthz</code> tells whether the platform is ready, <code>GET /metrics</code> has the figures (from this
machine only, unless configured).</p>
</section>
</body>
</html>
"#;
