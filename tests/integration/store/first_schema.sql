-- A store of the first schema, with one event under way.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE attempts (
	outbox_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	outcome TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	observed TEXT, 
	retry_after FLOAT, 
	exchanges TEXT NOT NULL, 
	CONSTRAINT pk_attempts PRIMARY KEY (outbox_id, number), 
	CONSTRAINT fk_attempts_outbox_id FOREIGN KEY(outbox_id) REFERENCES outbox (id)
);
CREATE TABLE bodies (
	delivery_row_id INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_bodies PRIMARY KEY (delivery_row_id), 
	CONSTRAINT fk_bodies_delivery_row_id FOREIGN KEY(delivery_row_id) REFERENCES deliveries (id)
);
INSERT INTO "bodies" VALUES(1,X'789C0300000000010001');
CREATE TABLE definitions (
	hash TEXT NOT NULL, 
	filename TEXT NOT NULL, 
	source TEXT NOT NULL, 
	first_seen_at BIGINT NOT NULL, 
	CONSTRAINT pk_definitions PRIMARY KEY (hash)
);
CREATE TABLE deliveries (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	hook_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	type TEXT NOT NULL, 
	delivery_id TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	received_at BIGINT NOT NULL, 
	verdict TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	duplicate_of INTEGER, 
	headers TEXT NOT NULL, 
	CONSTRAINT fk_deliveries_hook_id FOREIGN KEY(hook_id) REFERENCES hooks (id)
);
INSERT INTO "deliveries" VALUES(1,1,'github','release','guid',X'64',1767225600000000,'accepted','',NULL,'{}');
CREATE TABLE history (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project TEXT NOT NULL, 
	entity_id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	inbox_id INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	machine_hash TEXT NOT NULL, 
	event TEXT NOT NULL, 
	"before" TEXT, 
	"after" TEXT, 
	verdict TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	trace TEXT NOT NULL, 
	previous_hash BLOB NOT NULL, 
	hash BLOB NOT NULL
);
CREATE TABLE hooks (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	source TEXT NOT NULL, 
	repo_id TEXT NOT NULL, 
	repo_path TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	key_id BLOB NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT uq_hooks_source_repo_id UNIQUE (source, repo_id)
);
INSERT INTO "hooks" VALUES(1,'github','1','o/h',X'00',X'01',1767225600000000,1767225600000000);
CREATE TABLE inbox (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	delivery_row_id INTEGER NOT NULL, 
	provisioner TEXT NOT NULL, 
	project TEXT NOT NULL, 
	entity_id TEXT NOT NULL, 
	event TEXT NOT NULL, 
	receive TEXT, 
	once TEXT, 
	status TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	due_at BIGINT NOT NULL, 
	received_at BIGINT NOT NULL, 
	verdict TEXT, 
	because TEXT NOT NULL, 
	decided_at BIGINT, 
	finished_at BIGINT, 
	CONSTRAINT fk_inbox_delivery_row_id FOREIGN KEY(delivery_row_id) REFERENCES deliveries (id)
);
INSERT INTO "inbox" VALUES(7,1,'soc','soc','SOC-1','next','github.release','["next",1]','performing',0,1767225600000000,1767225600000000,'moved','it moved',1767225600000000,NULL);
CREATE TABLE instances (
	id INTEGER NOT NULL, 
	project TEXT NOT NULL, 
	entity_id TEXT NOT NULL, 
	folded_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	context TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	machine_hash TEXT NOT NULL, 
	observed_status TEXT, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_instances PRIMARY KEY (id), 
	CONSTRAINT uq_instances_project_entity_id UNIQUE (project, entity_id)
);
INSERT INTO "instances" VALUES(1,'soc','SOC-1','soc-1','a','{"n":1}',3,'m',NULL,1767225600000000);
CREATE TABLE once (
	"key" BLOB NOT NULL, 
	inbox_id INTEGER NOT NULL, 
	CONSTRAINT pk_once PRIMARY KEY ("key"), 
	CONSTRAINT fk_once_inbox_id FOREIGN KEY(inbox_id) REFERENCES inbox (id)
);
INSERT INTO "once" VALUES(X'AA',7);
CREATE TABLE outbox (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	inbox_id INTEGER NOT NULL, 
	project TEXT NOT NULL, 
	entity_id TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	effect TEXT NOT NULL, 
	status TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	due_at BIGINT NOT NULL, 
	read_back BOOLEAN NOT NULL, 
	last_detail TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	finished_at BIGINT, 
	CONSTRAINT fk_outbox_inbox_id FOREIGN KEY(inbox_id) REFERENCES inbox (id), 
	CONSTRAINT uq_outbox_key UNIQUE ("key")
);
INSERT INTO "outbox" VALUES(1,7,'soc','SOC-1','k',0,'action','{"arguments":{},"kind":"action","name":"x","source":null,"source_status":null,"target":null,"target_status":null,"worker":""}','pending',0,1767225600000000,0,'',1767225600000000,NULL);
CREATE TABLE probe (
	id INTEGER NOT NULL, 
	CONSTRAINT pk_probe PRIMARY KEY (id)
);
CREATE INDEX ix_hooks_key_id ON hooks (key_id);
CREATE INDEX ix_instances_updated_at ON instances (updated_at);
CREATE INDEX ix_instances_folded ON instances (folded_id, project);
CREATE INDEX ix_history_entity ON history (project, entity_id, id);
CREATE INDEX ix_deliveries_twin ON deliveries (hook_id, digest, id) WHERE duplicate_of IS NULL;
CREATE INDEX ix_deliveries_source_id ON deliveries (source, id);
CREATE INDEX ix_deliveries_verdict_id ON deliveries (verdict, id);
CREATE INDEX ix_inbox_lane ON inbox (project, entity_id, finished_at, id) WHERE finished_at IS NULL;
CREATE INDEX ix_inbox_delivery_row_id ON inbox (delivery_row_id);
CREATE INDEX ix_inbox_entity ON inbox (project, entity_id, id);
CREATE INDEX ix_once_inbox_id ON once (inbox_id);
CREATE INDEX ix_outbox_inbox ON outbox (inbox_id, position);
CREATE INDEX ix_outbox_entity ON outbox (project, entity_id, id);
CREATE INDEX ix_outbox_dead ON outbox (id) WHERE status = 'dead';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('hooks',1);
INSERT INTO "sqlite_sequence" VALUES('deliveries',1);
INSERT INTO "sqlite_sequence" VALUES('inbox',12);
INSERT INTO "sqlite_sequence" VALUES('outbox',1);
COMMIT;
