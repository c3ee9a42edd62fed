//! Projects. There are few: lists are filtered row by row.

use lianwu_model::product::Project;
use lianwu_model::{ProductId, ProjectId};
use lianwu_ports::Answer;
use lianwu_ports::registry::{Listed, ProjectFilter, Projects, Slice, StoreError};
use rusqlite::params;

use super::{Meter, SqliteRegistry, change_one, delete_one, find};
use crate::rows;

/// `lower` folds ASCII letters only, and `instr` knows no wildcards: the search is literal.
const FITS: &str = "FROM projects WHERE (?1 IS NULL OR owner = ?1) AND (?2 IS NULL OR id = ?2)
    AND (?3 IS NULL OR instr(lower(name), lower(?3)) > 0)
    AND (?4 IS NULL OR id = (SELECT project FROM products WHERE products.id = ?4))";

impl Projects for SqliteRegistry {
    fn create_project(&self, project: Project) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let Project { id, owner, instance, name, description, created, updated } = project;
            change_one(
                transaction,
                "INSERT INTO projects (id, owner, instance, name, description, created, updated)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    id.as_str(),
                    owner.0.cast_signed(),
                    instance.as_str(),
                    name,
                    description,
                    created.0.cast_signed(),
                    updated.0.cast_signed()
                ],
            )
        })
    }

    fn update_project(&self, project: Project) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            change_one(
                transaction,
                "UPDATE projects SET name = ?2, description = ?3, updated = ?4 WHERE id = ?1",
                params![project.id.as_str(), project.name, project.description, project.updated.0.cast_signed()],
            )
        })
    }

    fn delete_project(&self, id: ProjectId) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            delete_one(transaction, "DELETE FROM projects WHERE id = ?1", [id.as_str()], "products")
        })
    }

    fn project(&self, id: ProjectId) -> Answer<'_, Result<Option<Project>, StoreError>> {
        self.read(move |transaction, _| {
            find(transaction, "SELECT * FROM projects WHERE id = ?1", [id.as_str()], rows::project)
        })
    }

    fn projects(&self, filter: ProjectFilter, slice: Slice) -> Answer<'_, Result<Listed<Project>, StoreError>> {
        self.read(move |transaction, _| {
            let owner = filter.owner.map(|owner| owner.0.cast_signed());
            let id = filter.id.as_ref().map(ProjectId::as_str);
            let product = filter.product.as_ref().map(ProductId::as_str);
            let (limit, offset) = (clamped(slice.rows_max()), clamped(slice.offset));
            let meter = Meter::new(transaction);
            let rows = meter.collect(
                &format!("SELECT * {FITS} ORDER BY seq DESC LIMIT ?5 OFFSET ?6"),
                params![owner, id, filter.name, product, limit, offset],
                rows::project,
            )?;
            let total = meter.find(
                &format!("SELECT count(*) AS total {FITS}"),
                params![owner, id, filter.name, product],
                |row| rows::unsigned(row, "total"),
            )?;
            Ok(Listed { rows, total: total.unwrap_or(0), steps: meter.steps() })
        })
    }
}

/// SQLite takes a negative limit for none: large values stay large.
fn clamped(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
