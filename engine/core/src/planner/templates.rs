//! Templates.

use trunkline_model::command::{NewTemplate, PlanReply, TemplateCommand, UpdateTemplate};
use trunkline_model::limits::TEMPLATES_PER_ACCOUNT_MAX;
use trunkline_model::plan::{TemplateRecord, TemplateText};
use trunkline_model::record::table;
use trunkline_model::{AccountId, ErrorCode, Failure, FieldError, TemplateId};
use trunkline_store::Batch;

use super::Planner;
use super::rows::{id_at_end, key, put};
use crate::clock;

impl Planner {
    pub(super) async fn template(
        &self,
        account: AccountId,
        command: TemplateCommand,
    ) -> Result<PlanReply, Failure> {
        match command {
            TemplateCommand::Create(new) => self.create_template(account, new).await,
            TemplateCommand::List { after, active, limit } => {
                let (records, next) =
                    self.list(account, (table::TEMPLATE, after), limit, |record: &TemplateRecord| {
                        active.is_none_or(|active| active == record.active)
                    })?;
                Ok(PlanReply::Templates(records, next))
            }
            TemplateCommand::Get(name) => {
                Ok(PlanReply::Template(Box::new(self.find_template(account, &name)?)))
            }
            TemplateCommand::Update(name, update) => self.update_template(account, &name, update).await,
            TemplateCommand::Delete(name) => {
                let _changing = self.lock(account).await;
                let record = self.find_template(account, &name)?;
                let mut batch = Batch::new();
                batch.delete(key(account, table::TEMPLATE, &record.id.0.to_be_bytes()));
                batch.delete(key(account, table::TEMPLATE_NAME, record.name.as_bytes()));
                self.shrink(account, table::TEMPLATE, 1, &mut batch)?;
                self.commit(account, batch).await?;
                Ok(PlanReply::Done)
            }
            TemplateCommand::Render { template, variables, to_send } => {
                let record = self.find_template(account, &template)?;
                if to_send && !record.active {
                    let inactive = FieldError::new("template", "is not active");
                    return Err(Failure::invalid(vec![inactive]));
                }
                let mut problems = TemplateText::check_values(&variables);
                if let Ok(text) = TemplateText::parse(&record.content.body) {
                    problems.extend(text.unknown(&variables));
                }
                if !problems.is_empty() {
                    return Err(Failure::invalid(problems));
                }
                let content = record.content.render(&variables).map_err(Failure::invalid)?;
                Ok(PlanReply::Rendered(Box::new(content)))
            }
        }
    }

    /// A template by id or name.
    pub(super) fn find_template(&self, account: AccountId, name: &str) -> Result<TemplateRecord, Failure> {
        let id = match name.parse::<TemplateId>() {
            Ok(id) => Some(id.0),
            Err(_) => {
                self.bytes(account, table::TEMPLATE_NAME, name.as_bytes())?.and_then(|id| id_at_end(&id))
            }
        };
        let found = id.map(|id| self.get(account, table::TEMPLATE, &id.to_be_bytes())).transpose()?.flatten();
        found.ok_or_else(|| {
            Failure::new(ErrorCode::TemplateNotFound, "This account has no template with that id or name.")
        })
    }

    async fn create_template(&self, account: AccountId, new: NewTemplate) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let mut batch = Batch::new();
        self.grow(account, table::TEMPLATE, ("templates", TEMPLATES_PER_ACCOUNT_MAX), &mut batch)?;
        self.check_free(account, &new.name)?;
        let now_ms = clock::wall_ms();
        let record = TemplateRecord {
            id: TemplateId(clock::random_u64()),
            name: new.name,
            content: new.content,
            category: new.category,
            active: new.active,
            metadata: new.metadata,
            created_at_ms: now_ms,
            updated_at_ms: now_ms,
        };
        self.write_template(account, record, batch).await
    }

    fn check_free(&self, account: AccountId, name: &str) -> Result<(), Failure> {
        match self.bytes(account, table::TEMPLATE_NAME, name.as_bytes())? {
            Some(_) => {
                Err(Failure::new(ErrorCode::NameTaken, "Another template of this account has this name."))
            }
            None => Ok(()),
        }
    }

    async fn update_template(
        &self,
        account: AccountId,
        name: &str,
        update: UpdateTemplate,
    ) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let mut record = self.find_template(account, name)?;
        let mut batch = Batch::new();
        if let Some(name) = update.name.filter(|name| *name != record.name) {
            self.check_free(account, &name)?;
            batch.delete(key(account, table::TEMPLATE_NAME, record.name.as_bytes()));
            record.name = name;
        }
        let content = &mut record.content;
        content.kind = update.kind.unwrap_or(content.kind);
        content.body = update.body.unwrap_or(std::mem::take(&mut content.body));
        content.media_url = update.media_url.unwrap_or(content.media_url.take());
        content.file_name = update.file_name.unwrap_or(content.file_name.take());
        let problems = content.problems();
        if !problems.is_empty() {
            return Err(Failure::invalid(problems));
        }
        record.category = update.category.unwrap_or(record.category);
        record.active = update.active.unwrap_or(record.active);
        record.metadata = update.metadata.unwrap_or(record.metadata);
        record.updated_at_ms = clock::wall_ms();
        self.write_template(account, record, batch).await
    }

    async fn write_template(
        &self,
        account: AccountId,
        record: TemplateRecord,
        mut batch: Batch,
    ) -> Result<PlanReply, Failure> {
        let id = record.id.0.to_be_bytes();
        put(&mut batch, key(account, table::TEMPLATE, &id), &record)?;
        batch.put(key(account, table::TEMPLATE_NAME, record.name.as_bytes()), id.to_vec());
        self.commit(account, batch).await?;
        Ok(PlanReply::Template(Box::new(record)))
    }
}
