//! Spaces: maps of a project.

use lianwu_model::Uin;
use lianwu_model::fence::{AuthorizeType, Space, SpaceProduct};
use lianwu_ports::registry::{Listed, Slice, StoreError};

use super::{FenceError, SPACES_MAX, cut};
use crate::invalid::{self, Invalid, Rule};
use crate::randomness::text;
use crate::{Platform, product, project};

/// Characters of a name; the console lets people write fewer.
const NAME_CHARS_MAX: usize = 64;
const DESCRIPTION_CHARS_MAX: usize = 256;
const ICON_CHARS_MAX: usize = 1_024;

/// Products of one space.
const PRODUCTS_MAX: usize = 50;

/// Longest choice of properties, in bytes.
const SHOWN_BYTES_MAX: usize = 4_096;

/// What the owner says about a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceText {
    pub name: String,
    /// 0 read only, 1 read and write.
    pub authorize_type: i64,
    pub products: Vec<String>,
    /// `None` keeps what was said before.
    pub description: Option<String>,
    pub icon: Option<String>,
}

impl SpaceText {
    fn check(&self) -> Result<AuthorizeType, Invalid> {
        invalid::characters("SpaceName", &self.name, 1, NAME_CHARS_MAX)?;
        invalid::characters("Description", self.description.as_deref().unwrap_or_default(), 0, DESCRIPTION_CHARS_MAX)?;
        invalid::characters("Icon", self.icon.as_deref().unwrap_or_default(), 0, ICON_CHARS_MAX)?;
        if !(1..=PRODUCTS_MAX).contains(&self.products.len()) {
            return Err(Invalid::new("ProductIdList", Rule::Count { min: 1, max: PRODUCTS_MAX }));
        }
        AuthorizeType::from_number(self.authorize_type).ok_or(Invalid::new("AuthorizeType", Rule::OneOf("0, 1")))
    }

    /// The products, which belong to the space's project; what was chosen to be shown of them stays.
    fn products(&self, platform: &Platform, of: &Space) -> Result<Vec<SpaceProduct>, FenceError> {
        let mut products: Vec<SpaceProduct> = Vec::with_capacity(self.products.len());
        for id in &self.products {
            let found = product::find(platform, of.owner, id)?.product;
            if found.project != of.project {
                return Err(Invalid::new(
                    "ProductIdList",
                    invalid::form("该位置空间所属项目的产品", "products of the space's project"),
                )
                .into());
            }
            if products.iter().all(|known| known.product != found.id) {
                let before = of.products.iter().find(|known| known.product == found.id);
                let shown = before.map(|known| known.shown.clone()).unwrap_or_default();
                products.push(SpaceProduct { product: found.id, shown });
            }
        }
        Ok(products)
    }
}

/// Makes a space in a project.
///
/// # Errors
/// [`FenceError::Invalid`], `Project`, `Product`, `SpaceNameTaken`, `TooMany`.
pub async fn create_space(
    platform: &Platform,
    owner: Uin,
    project: &str,
    space: SpaceText,
) -> Result<Space, FenceError> {
    let authorize_type = space.check()?;
    let _turn = platform.turns.take().await;
    let project = project::find(platform, owner, project).await?;
    let count = platform.fences.known.read().spaces.iter().filter(|known| known.project == project.id).count();
    if count >= SPACES_MAX {
        return Err(FenceError::TooMany("spaces of the project", SPACES_MAX));
    }
    let now = platform.clock.now();
    let id = text(platform.randomness.as_ref(), b"0123456789abcdef", 32);
    let mut made = Space {
        id: id.parse().expect("made in the form of a SpaceId"),
        owner,
        project: project.id,
        name: space.name.clone(),
        authorize_type,
        description: space.description.clone().unwrap_or_default(),
        icon: space.icon.clone().unwrap_or_default(),
        products: Vec::new(),
        created: now,
        updated: now,
    };
    made.products = space.products(platform, &made)?;
    save(platform, &made).await?;
    platform.fences.known.write().spaces.push(made.clone());
    Ok(made)
}

/// Replaces what the owner says about a space. Devices of a product that is taken out stay bound to its fences.
///
/// # Errors
/// [`FenceError::Invalid`], `SpaceNotFound`, `Product`, `SpaceNameTaken`.
pub async fn modify_space(platform: &Platform, owner: Uin, id: &str, change: SpaceText) -> Result<(), FenceError> {
    let authorize_type = change.check()?;
    let _turn = platform.turns.take().await;
    let mut space = find(platform, owner, id)?;
    space.products = change.products(platform, &space)?;
    space.name = change.name;
    space.authorize_type = authorize_type;
    space.description = change.description.unwrap_or(space.description);
    space.icon = change.icon.unwrap_or(space.icon);
    replace(platform, space).await
}

/// Chooses which properties of a product the map shows: a JSON array, kept as it is given.
///
/// # Errors
/// [`FenceError::Invalid`], `SpaceNotFound`, `Product`, `NotInSpace`.
pub async fn show_properties(
    platform: &Platform,
    owner: Uin,
    id: &str,
    product: &str,
    shown: &str,
) -> Result<(), FenceError> {
    let _turn = platform.turns.take().await;
    let mut space = find(platform, owner, id)?;
    let is_array = serde_json::from_str::<Vec<serde_json::Value>>(shown).is_ok();
    if !is_array || shown.len() > SHOWN_BYTES_MAX {
        return Err(Invalid::new(
            "Data",
            invalid::form("不超过 4096 字节的 JSON 数组", "a JSON array of at most 4096 bytes"),
        )
        .into());
    }
    let product = product::find(platform, owner, product)?.product.id;
    let of = space.products.iter_mut().find(|of| of.product == product);
    let of = of.ok_or_else(|| FenceError::NotInSpace(product.to_string()))?;
    shown.clone_into(&mut of.shown);
    replace(platform, space).await
}

/// Deletes a space without fences.
///
/// # Errors
/// [`FenceError::SpaceNotFound`], `HasFences`.
pub async fn delete_space(platform: &Platform, owner: Uin, id: &str) -> Result<(), FenceError> {
    let _turn = platform.turns.take().await;
    let space = find(platform, owner, id)?;
    match platform.stores.fences.delete_space(space.id.clone()).await {
        Err(StoreError::InUse(_)) => return Err(FenceError::HasFences),
        result => result.map_err(store)?,
    }
    platform.fences.known.write().spaces.retain(|known| known.id != space.id);
    Ok(())
}

/// Spaces of a project, newest first; those with this part in their names.
///
/// # Errors
/// [`FenceError::Project`].
pub async fn spaces(
    platform: &Platform,
    owner: Uin,
    project: &str,
    name: &str,
    slice: Slice,
) -> Result<Listed<Space>, FenceError> {
    let project = project::find(platform, owner, project).await?;
    let known = platform.fences.known.read();
    let fits = |space: &&Space| space.project == project.id && space.name.contains(name);
    let found: Vec<_> = known.spaces.iter().filter(fits).cloned().collect();
    Ok(cut(found.into_iter(), slice))
}

pub(super) fn find(platform: &Platform, owner: Uin, id: &str) -> Result<Space, FenceError> {
    platform.fences.space(owner, id).ok_or_else(|| FenceError::SpaceNotFound(id.to_owned()))
}

async fn replace(platform: &Platform, mut space: Space) -> Result<(), FenceError> {
    space.updated = platform.clock.now();
    save(platform, &space).await?;
    let mut known = platform.fences.known.write();
    if let Some(old) = known.spaces.iter_mut().find(|old| old.id == space.id) {
        *old = space;
    }
    Ok(())
}

async fn save(platform: &Platform, space: &Space) -> Result<(), FenceError> {
    platform.stores.fences.save_space(space.clone()).await.map_err(store)
}

fn store(error: StoreError) -> FenceError {
    match error {
        StoreError::Taken(_) => FenceError::SpaceNameTaken,
        error => FenceError::Store(error),
    }
}
