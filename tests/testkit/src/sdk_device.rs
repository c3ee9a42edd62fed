//! A device that is a program around the vendor's Python device SDK, and the file that SDK reads.

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::fixture::Device;
use crate::programs::{Running, python};
use crate::server::Server;
use crate::wait::fail;

/// What the SDK asks its file for.
#[derive(Clone, Copy, Debug)]
pub struct SdkIdentity<'a> {
    pub product: &'a str,
    pub name: &'a str,
    /// Base64, or anything for a device that is to register.
    pub secret: &'a str,
    /// Of dynamic registration.
    pub product_secret: &'a str,
    /// Product and name of each sub-device the gateway knows from the start.
    pub sub_devices: &'a [(&'a str, &'a str)],
}

impl SdkIdentity<'_> {
    /// The file; it is gone when it is dropped, and the SDK may write to it.
    #[must_use]
    #[track_caller]
    pub fn file(&self) -> NamedTempFile {
        let sub_devices: Vec<Value> = self
            .sub_devices
            .iter()
            .map(|(product, name)| json!({"sub_productId": product, "sub_devName": name}))
            .collect();
        let identity = json!({
            "auth_mode": "KEY", "productId": self.product, "deviceName": self.name, "productSecret": self.product_secret,
            "key_deviceinfo": {"deviceSecret": self.secret},
            "cert_deviceinfo": {"devCaFile": "", "devCertFile": "", "devPrivateKeyFile": ""},
            "subDev": {"subdev_num": sub_devices.len(), "subdev_list": sub_devices},
            "region": "china",
        });
        let file = NamedTempFile::new().unwrap_or_else(|error| fail(format!("make a temporary file: {error}")));
        if let Err(error) = std::fs::write(file.path(), identity.to_string()) {
            fail(format!("write the SDK's device file: {error}"));
        }
        file
    }
}

/// A running program of `tests/e2e/python` that takes the SDK's file, address and port.
#[derive(Debug)]
pub struct SdkDevice {
    running: Running,
    _file: NamedTempFile,
}

impl SdkDevice {
    #[must_use]
    #[track_caller]
    pub fn start(program: &str, server: &Server, device: &Device) -> Self {
        Self::start_gateway(program, server, device, &[])
    }

    #[must_use]
    #[track_caller]
    pub fn start_gateway(program: &str, server: &Server, device: &Device, sub_devices: &[(&str, &str)]) -> Self {
        let identity = SdkIdentity {
            product: &device.product,
            name: &device.name,
            secret: &device.secret,
            product_secret: "YOUR_PRODUCT_SECRET",
            sub_devices,
        };
        let file = identity.file();
        let address = server.mqtt_address();
        let mut command = python(program);
        command.arg(file.path()).arg(address.ip().to_string()).arg(address.port().to_string());
        Self { running: Running::start("the Python device SDK", &mut command), _file: file }
    }

    /// Tells it what to do.
    #[track_caller]
    pub fn does(&mut self, command: &Value) {
        self.running.tell(&command.to_string());
    }

    /// What it says next.
    #[track_caller]
    pub fn says(&mut self) -> Value {
        self.running.next_json()
    }

    /// What it says next, which is this event.
    #[track_caller]
    pub fn hears(&mut self, event: &str) -> Value {
        self.hears_past(&[], event)
    }

    /// The next event of this kind; those named in `passed` before it are passed over.
    #[track_caller]
    pub fn hears_past(&mut self, passed: &[&str], event: &str) -> Value {
        loop {
            let said = self.says();
            match said["event"].as_str() {
                Some(found) if found == event => return said,
                Some(found) if passed.contains(&found) => {}
                _ => fail(format!("expected {event}, the SDK said {said}")),
            }
        }
    }
}
