//! A project, a product with a thing model and its devices, made through the cloud API.

use std::fmt;

use serde_json::{Value, json};

use crate::cloud::CloudClient;
use crate::credentials::{Credentials, Method, expiry_in_a_day};
use crate::server::Server;
use crate::wait::{fail, now_ms};

/// The vendor's light: bool, enum, int, string, struct, stringenum; three events; one action.
pub const LAMP_MODEL: &str = include_str!("../../../spec/thing-models/lamp.json");

/// The vehicle box of the FAQ's 406 examples.
pub const TBOX_MODEL: &str = include_str!("../models/tbox.json");

/// A product to test with.
#[derive(Clone, Debug)]
pub struct Fixture {
    pub cloud: CloudClient,
    pub project: String,
    pub product: String,
}

/// One device and its secret, which `Debug` hides.
#[derive(Clone)]
pub struct Device {
    pub product: String,
    pub name: String,
    pub secret: String,
}

impl Fixture {
    /// Makes a project and a product with this thing model.
    #[must_use]
    #[track_caller]
    pub fn new(server: &Server, model: &str) -> Self {
        let cloud = server.cloud();
        let name = format!("test-{}", now_ms());
        let made = cloud.call("CreateProject", &json!({"ProjectName": name, "ProjectDesc": "whole-system test"}));
        let project = text(&made["Project"]["ProjectId"]);
        let product = Self::make_product(&cloud, &project, &name);
        cloud.call("ModifyModelDefinition", &json!({"ProductId": product, "ModelSchema": model}));
        Self { cloud, project, product }
    }

    /// A product without a thing model.
    #[must_use]
    #[track_caller]
    pub fn make_product(cloud: &CloudClient, project: &str, name: &str) -> String {
        let request = json!({
            "ProjectId": project, "ProductName": name, "ProductDesc": "whole-system test", "CategoryId": 1,
            "ProductType": 0, "EncryptionType": "2", "NetType": "wifi", "DataProtocol": 1,
        });
        text(&cloud.call("CreateStudioProduct", &request)["Product"]["ProductId"])
    }

    /// Registers a device.
    #[must_use]
    #[track_caller]
    pub fn device(&self, name: &str) -> Device {
        let made = self.cloud.call("CreateDevice", &json!({"ProductId": self.product, "DeviceName": name}));
        let secret = text(&made["Data"]["DevicePsk"]);
        Device { product: self.product.clone(), name: name.to_owned(), secret }
    }

    /// Latest values as `DescribeDeviceData` gives them: `{"power_switch":{"Value":1,"LastUpdate":...}}`.
    #[must_use]
    #[track_caller]
    pub fn latest(&self, device: &Device) -> Value {
        let response = self.cloud.call("DescribeDeviceData", &device.reference());
        let data = text(&response["Data"]);
        serde_json::from_str(&data).unwrap_or_else(|error| fail(format!("DescribeDeviceData: {error} in {data}")))
    }

    /// All values of a property, oldest first, over as many pages as there are: time in milliseconds and text.
    #[must_use]
    #[track_caller]
    pub fn history(&self, device: &Device, property: &str) -> Vec<(u64, String)> {
        let mut rows = Vec::new();
        // A cursor belongs to one range: every page must ask for the same.
        let (min, max) = (now_ms() - 86_400_000, now_ms() + 86_400_000);
        let mut context = String::new();
        loop {
            let mut request = device.reference();
            request["FieldName"] = property.into();
            request["MinTime"] = min.into();
            request["MaxTime"] = max.into();
            request["Limit"] = 100.into();
            request["Context"] = context.into();
            let page = self.cloud.call("DescribeDeviceDataHistory", &request);
            let results = page["Results"].as_array().cloned().unwrap_or_default();
            for row in &results {
                rows.push((text(&row["Time"]).parse().unwrap_or_default(), text(&row["Value"])));
            }
            if page["Listover"].as_bool() != Some(false) {
                return rows;
            }
            context = text(&page["Context"]);
            assert!(!results.is_empty(), "a page without rows says there are more: {page}");
        }
    }
}

impl Device {
    /// `{"ProductId":..,"DeviceName":..}`
    #[must_use]
    pub fn reference(&self) -> Value {
        json!({"ProductId": self.product, "DeviceName": self.name})
    }

    /// Credentials that are good for a day.
    #[must_use]
    pub fn credentials(&self, method: Method) -> Credentials {
        Credentials::compute(&self.client_id(), &self.secret, method, expiry_in_a_day())
    }

    #[must_use]
    pub fn client_id(&self) -> String {
        format!("{}{}", self.product, self.name)
    }

    /// `$thing/{direction and kind}/{product}/{device}`, as in `device.thing("up/property")`.
    #[must_use]
    pub fn thing(&self, kind: &str) -> String {
        format!("$thing/{kind}/{}/{}", self.product, self.name)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("product", &self.product).field("name", &self.name).finish_non_exhaustive()
    }
}

#[track_caller]
fn text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => fail(format!("expected a text, got {value}")),
    }
}
