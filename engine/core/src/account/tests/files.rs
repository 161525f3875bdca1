//! Files at public addresses over a store that can refuse, and over restarts.

use trunkline_model::FileId;
use trunkline_model::account::FileRecord;
use trunkline_model::command::NewFile;
use trunkline_model::message::BlobRef;

use super::*;

const BLOB: BlobRef = BlobRef { sha256: [7; 32], size_bytes: 10 };

impl House {
    async fn publish(&self, life_ms: u64) -> Result<(FileId, String), ErrorCode> {
        let new = NewFile { blob: BLOB, mime_type: None, file_name: Some("a.png".to_owned()), life_ms };
        match self.ask(Ask::CreateFile(Box::new(new))).await {
            Ok(AccountReply::NewFile(record, word)) => Ok((record.id, word.0)),
            Err(failure) => Err(failure.code),
            other => panic!("{other:?}"),
        }
    }

    /// What a word opens, now and after a start.
    fn opens(&self, word: &str) -> Result<FileRecord, ErrorCode> {
        let now = self.accounts.public_file(word).map_err(|failure| failure.code);
        let later = known_after_start(&self.ledger).public_file(word).map_err(|failure| failure.code);
        assert_eq!(now, later, "a start knows something else");
        now
    }
}

#[tokio::test]
async fn a_word_opens_its_file_until_that_is_taken_back_or_the_account_suspended() {
    let house = House::new().await;
    let (id, word) = house.publish(60_000).await.expect("there is room");
    assert_eq!(house.opens(&word).map(|file| (file.id, file.blob)), Ok((id, BLOB)));
    // The same file under another secret.
    let other = house.publish(60_000).await.expect("there is room").1;
    let forged = format!("{}{}", &word[..22], &other[22..]);
    assert_eq!(house.opens(&forged), Err(ErrorCode::FileNotFound));
    for (state, expected) in
        [(AccountState::Suspended, Err(ErrorCode::FileNotFound)), (AccountState::Active, Ok(id))]
    {
        let update = UpdateAccount { state: Some(state), ..UpdateAccount::default() };
        house.ask(Ask::Update(Box::new(update))).await.expect("it is changed");
        assert_eq!(house.opens(&word).map(|file| file.id), expected);
    }
    house.ask(Ask::DeleteFile(id)).await.expect("it is there");
    assert_eq!(house.opens(&word), Err(ErrorCode::FileNotFound));
    assert_eq!(refusal(house.ask(Ask::DeleteFile(id)).await), ErrorCode::FileNotFound);
    let words: Vec<String> = house.log().await.into_iter().take(1).map(|entry| entry.action).collect();
    assert_eq!(words, ["file.deleted"]);
}

#[tokio::test]
async fn what_has_ended_opens_nothing_and_its_row_goes_with_the_next_file() {
    let house = House::new().await;
    let (over, word) = house.publish(0).await.expect("there is room");
    assert_eq!(house.opens(&word), Err(ErrorCode::FileNotFound));
    assert_eq!(refusal(house.ask(Ask::GetFile(over)).await), ErrorCode::FileNotFound);
    let row = rows::key_of(TENANT, table::FILE, over.0);
    assert!(house.ledger.get(&row).expect("readable").is_some());
    let (there, _) = house.publish(60_000).await.expect("there is room");
    assert!(house.ledger.get(&row).expect("readable").is_none());
    let listed = house.ask(Ask::ListFiles { after: None, limit: 10 }).await;
    assert!(
        matches!(&listed, Ok(AccountReply::Files(files, false)) if files.len() == 1 && files[0].id == there),
        "{listed:?}"
    );
    house.ledger.refuse(Some(|| StoreError::Closed));
    assert!(house.publish(60_000).await.is_err());
}
