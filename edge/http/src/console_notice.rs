//! What `/console/` shows while there is no console: an honest page in two languages.

use axum::response::Html;

pub(crate) async fn page() -> Html<&'static str> {
    Html(PAGE)
}

const PAGE: &str = r#"<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>联物 Lianwu</title>
<style>
body { font: 16px/1.7 system-ui, sans-serif; max-width: 44em; margin: 3em auto; padding: 0 1em; color: #1f2329; }
code { background: #f2f3f5; padding: .1em .35em; border-radius: 3px; }
section + section { margin-top: 3em; border-top: 1px solid #e5e6eb; padding-top: 1.5em; }
</style>
</head>
<body>
<section>
<h1>联物正在运行</h1>
<p>网页控制台还没有做好，后续版本提供。现在可以用腾讯云物联网开发平台（iotexplorer，版本 <code>2019-04-23</code>）的官方 SDK 管理产品和设备：</p>
<ul>
<li>接入点（endpoint）填写本页的主机名和端口，协议选 <code>http</code>，地域填 <code>ap-guangzhou</code>；</li>
<li>SecretId 和 SecretKey 在首次启动时写入数据目录下的 <code>first-run.json</code>；</li>
<li>设备通过 MQTT 连接，证书、密钥和 Topic 与官方设备 SDK 相同，只需更换域名。</li>
</ul>
<p><code>GET /healthz</code> 返回运行状态，<code>GET /metrics</code> 返回监控指标（默认仅限本机）。</p>
</section>
<section lang="en">
<h1>Lianwu is running</h1>
<p>The web console is not there yet; a later version brings it. Until then, manage products and devices with the
official SDKs of Tencent Cloud IoT Explorer (service <code>iotexplorer</code>, version <code>2019-04-23</code>):</p>
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
