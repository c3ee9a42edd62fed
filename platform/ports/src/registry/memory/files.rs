//! Files and their tasks in memory.

use lianwu_model::file::{
    Content as FileContent, ContentDigest, DeviceList, FileId, FileTask, StoredFile, TaskId, TaskState,
};
use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};

use super::{Content, MemoryRegistry, listed};
use crate::Answer;
use crate::registry::files::{DEVICE_TASKS_MAX, FileTasks, FileUsage, Files};
use crate::registry::{Listed, Slice, StoreError};

/// What an upload that never came ends with.
const NEVER_CAME: &str = "the content never came";

impl Content {
    fn has_device(&self, number: DeviceNumber) -> Result<(), StoreError> {
        if self.devices.contains_key(&number) { Ok(()) } else { Err(StoreError::Missing) }
    }

    fn add_task(&mut self, mut task: FileTask) -> Result<FileTask, StoreError> {
        self.has_device(task.device)?;
        if task.file.is_some_and(|id| !self.files.iter().any(|file| file.id == id)) {
            return Err(StoreError::Missing);
        }
        self.last_task += 1;
        task.id = TaskId(self.last_task);
        self.tasks.push(task.clone());
        let mut over = self.tasks.iter().filter(|other| other.device == task.device).count();
        over = over.saturating_sub(DEVICE_TASKS_MAX);
        self.tasks.retain(|other| {
            let goes = over > 0 && other.device == task.device && other.state.is_final();
            over -= usize::from(goes);
            !goes
        });
        Ok(task)
    }

    fn drop_file(&mut self, id: FileId) {
        self.files.retain(|file| file.id != id);
        for task in self.tasks.iter_mut().filter(|task| task.file == Some(id)) {
            task.file = None;
        }
    }

    /// With its device.
    pub(super) fn drop_tasks(&mut self, device: DeviceNumber) {
        self.tasks.retain(|task| task.device != device);
        self.lists.retain(|(of, _), _| *of != device);
    }

    /// With its product.
    pub(super) fn drop_files(&mut self, product: ProductId) {
        self.files.retain(|file| file.product != product);
    }
}

impl Files for MemoryRegistry {
    fn create_file(
        &self,
        file: StoredFile,
        task: Option<FileTask>,
    ) -> Answer<'_, Result<(StoredFile, Option<FileTask>), StoreError>> {
        self.answer(move |content| {
            content.product(file.product)?;
            if let Some(task) = &task {
                content.has_device(task.device)?;
            }
            content.last_file += 1;
            let file = StoredFile { id: FileId(content.last_file), ..file };
            content.files.push(file.clone());
            let task = task.map(|task| content.add_task(FileTask { file: Some(file.id), ..task })).transpose()?;
            Ok((file, task))
        })
    }

    fn set_content(&self, id: FileId, found: FileContent) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            let file = content.files.iter_mut().find(|file| file.id == id).ok_or(StoreError::Missing)?;
            file.content = Some(found);
            Ok(())
        })
    }

    fn delete_file(&self, id: FileId) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            if !content.files.iter().any(|file| file.id == id) {
                return Err(StoreError::Missing);
            }
            if content.tasks.iter().any(|task| task.file == Some(id) && !task.state.is_final()) {
                return Err(StoreError::InUse("tasks"));
            }
            content.drop_file(id);
            Ok(())
        })
    }

    fn file(&self, id: FileId) -> Answer<'_, Result<Option<StoredFile>, StoreError>> {
        self.answer(move |content| Ok(content.files.iter().find(|file| file.id == id).cloned()))
    }

    fn files(
        &self,
        product: ProductId,
        device: Option<DeviceNumber>,
        slice: Slice,
    ) -> Answer<'_, Result<Listed<StoredFile>, StoreError>> {
        self.answer(move |content| {
            let fits =
                |file: &&StoredFile| file.product == product && device.is_none_or(|number| number == file.device);
            Ok(listed(content.files.iter().rev().filter(fits), slice))
        })
    }

    fn usage(&self, owner: Uin, product: ProductId) -> Answer<'_, Result<FileUsage, StoreError>> {
        self.answer(move |content| {
            let mut usage = FileUsage::default();
            for file in &content.files {
                usage.owner_bytes += if file.owner == owner { file.bytes() } else { 0 };
                if file.product == product {
                    usage.product_bytes += file.bytes();
                    usage.product_files += 1;
                }
            }
            Ok(usage)
        })
    }

    fn unused(&self, digests: Vec<ContentDigest>) -> Answer<'_, Result<Vec<ContentDigest>, StoreError>> {
        self.answer(move |content| {
            let is_used = |digest: &ContentDigest| {
                content.files.iter().any(|file| file.content.is_some_and(|content| content.digest == *digest))
            };
            Ok(digests.into_iter().filter(|digest| !is_used(digest)).collect())
        })
    }

    fn expire_announced(&self, before: UnixMillis) -> Answer<'_, Result<u64, StoreError>> {
        self.answer(move |content| {
            let is_stale = |file: &&StoredFile| file.content.is_none() && file.created < before;
            let stale: Vec<FileId> = content.files.iter().filter(is_stale).map(|file| file.id).collect();
            for id in &stale {
                for task in content.tasks.iter_mut().filter(|task| task.file == Some(*id) && !task.state.is_final()) {
                    (task.state, task.result_text) = (TaskState::Failed, NEVER_CAME.to_owned());
                }
                content.drop_file(*id);
            }
            Ok(stale.len() as u64)
        })
    }
}

impl FileTasks for MemoryRegistry {
    fn save_task(&self, task: FileTask) -> Answer<'_, Result<FileTask, StoreError>> {
        self.answer(move |content| {
            if task.id == TaskId::default() {
                return content.add_task(task);
            }
            let old = content.tasks.iter_mut().find(|old| old.id == task.id).ok_or(StoreError::Missing)?;
            (old.state, old.percent, old.updated) = (task.state, task.percent, task.updated);
            (old.result_code, old.result_text) = (task.result_code, task.result_text);
            Ok(old.clone())
        })
    }

    fn tasks(&self, device: DeviceNumber) -> Answer<'_, Result<Vec<FileTask>, StoreError>> {
        self.answer(move |content| {
            Ok(content.tasks.iter().rev().filter(|task| task.device == device).cloned().collect())
        })
    }

    fn save_device_list(
        &self,
        device: DeviceNumber,
        list: DeviceList,
        text: String,
    ) -> Answer<'_, Result<(), StoreError>> {
        self.answer(move |content| {
            content.has_device(device)?;
            content.lists.insert((device, list), text);
            Ok(())
        })
    }

    fn device_list(&self, device: DeviceNumber, list: DeviceList) -> Answer<'_, Result<Option<String>, StoreError>> {
        self.answer(move |content| Ok(content.lists.get(&(device, list)).cloned()))
    }
}
