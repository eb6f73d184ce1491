-- Written by `python -m concertmaster.store`. Of the migrations 0015-3e00dc7f.
BEGIN TRANSACTION;
CREATE TABLE access_version (
	id SMALLINT NOT NULL, 
	number BIGINT NOT NULL, 
	CONSTRAINT pk_access_version PRIMARY KEY (id)
);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0015');
CREATE TABLE alerts (
	notification_name VARCHAR, 
	data VARCHAR, 
	component SMALLINT NOT NULL, 
	severity SMALLINT NOT NULL, 
	creation_time VARCHAR(28) NOT NULL, 
	state SMALLINT NOT NULL, 
	user_notification_id VARCHAR(36) NOT NULL, 
	deep_link_relative_url VARCHAR, 
	id VARCHAR(36) NOT NULL, 
	user_id INTEGER NOT NULL, 
	organization_unit_id INTEGER, 
	CONSTRAINT pk_alerts PRIMARY KEY (user_notification_id), 
	CONSTRAINT fk_alerts_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id) ON DELETE SET NULL, 
	CONSTRAINT fk_alerts_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE asset_robot_values (
	name VARCHAR, 
	robot_id INTEGER, 
	robot_name VARCHAR, 
	key_trail VARCHAR, 
	value_type SMALLINT NOT NULL, 
	string_value VARCHAR(1000000), 
	bool_value BOOLEAN, 
	int_value INTEGER, 
	secret_value VARCHAR, 
	value VARCHAR, 
	credential_username VARCHAR, 
	credential_password VARCHAR, 
	external_name VARCHAR(450), 
	credential_store_id BIGINT, 
	id INTEGER NOT NULL, 
	key_value_list TEXT NOT NULL, 
	asset_id INTEGER NOT NULL, 
	CONSTRAINT pk_asset_robot_values PRIMARY KEY (id), 
	CONSTRAINT fk_asset_robot_values_asset_id FOREIGN KEY(asset_id) REFERENCES assets (id) ON DELETE CASCADE, 
	CONSTRAINT fk_asset_robot_values_robot_id FOREIGN KEY(robot_id) REFERENCES robots (id) ON DELETE CASCADE
);
CREATE TABLE asset_user_values (
	name VARCHAR, 
	user_id INTEGER, 
	user_name VARCHAR, 
	machine_id INTEGER, 
	machine_name VARCHAR, 
	value_type SMALLINT NOT NULL, 
	string_value VARCHAR(1000000), 
	bool_value BOOLEAN, 
	int_value INTEGER, 
	value VARCHAR, 
	credential_username VARCHAR, 
	credential_password VARCHAR, 
	secret_value VARCHAR, 
	credential_store_id BIGINT, 
	external_name VARCHAR(450), 
	id INTEGER NOT NULL, 
	key_value_list TEXT NOT NULL, 
	asset_id INTEGER NOT NULL, 
	CONSTRAINT pk_asset_user_values PRIMARY KEY (id), 
	CONSTRAINT fk_asset_user_values_asset_id FOREIGN KEY(asset_id) REFERENCES assets (id) ON DELETE CASCADE, 
	CONSTRAINT fk_asset_user_values_machine_id FOREIGN KEY(machine_id) REFERENCES machines (id) ON DELETE CASCADE, 
	CONSTRAINT fk_asset_user_values_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE assets (
	"key" VARCHAR(36) NOT NULL, 
	name VARCHAR(256) COLLATE "NOCASE" NOT NULL, 
	can_be_deleted BOOLEAN NOT NULL, 
	value_scope SMALLINT NOT NULL, 
	value_type SMALLINT NOT NULL, 
	value VARCHAR, 
	string_value VARCHAR(1000000), 
	bool_value BOOLEAN, 
	int_value INTEGER, 
	credential_username VARCHAR(512), 
	credential_password VARCHAR(25000), 
	secret_value VARCHAR(25000), 
	external_name VARCHAR(450), 
	credential_store_id BIGINT, 
	has_default_value BOOLEAN, 
	description VARCHAR(250), 
	folders_count INTEGER NOT NULL, 
	last_modification_time VARCHAR(28), 
	last_modifier_user_id BIGINT, 
	creation_time VARCHAR(28), 
	creator_user_id BIGINT, 
	id INTEGER NOT NULL, 
	key_value_list TEXT NOT NULL, 
	tags TEXT NOT NULL, 
	organization_unit_id INTEGER, 
	CONSTRAINT pk_assets PRIMARY KEY (id), 
	CONSTRAINT fk_assets_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT uq_assets_key UNIQUE ("key")
);
CREATE TABLE attachments (
	name VARCHAR(256) NOT NULL, 
	last_modification_time VARCHAR(28), 
	last_modifier_user_id BIGINT, 
	creation_time VARCHAR(28), 
	creator_user_id BIGINT, 
	id VARCHAR(36) NOT NULL, 
	blob_file_access TEXT, 
	file VARCHAR, 
	secret VARCHAR(36) NOT NULL, 
	organization_unit_id INTEGER, 
	CONSTRAINT pk_attachments PRIMARY KEY (id), 
	CONSTRAINT fk_attachments_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id)
);
CREATE TABLE audit_log_entities (
	audit_log_id INTEGER NOT NULL, 
	custom_data VARCHAR, 
	entity_id BIGINT, 
	entity_name VARCHAR, 
	action SMALLINT NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_audit_log_entities PRIMARY KEY (id), 
	CONSTRAINT fk_audit_log_entities_audit_log_id FOREIGN KEY(audit_log_id) REFERENCES audit_logs (id) ON DELETE CASCADE
);
CREATE TABLE audit_logs (
	service_name VARCHAR, 
	method_name VARCHAR, 
	parameters VARCHAR, 
	execution_time VARCHAR(28) NOT NULL, 
	action SMALLINT NOT NULL, 
	component SMALLINT NOT NULL, 
	display_name VARCHAR, 
	entity_id BIGINT, 
	operation_text VARCHAR, 
	user_name VARCHAR, 
	user_type SMALLINT NOT NULL, 
	external_client_id VARCHAR, 
	user_id BIGINT, 
	user_is_deleted BOOLEAN NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_audit_logs PRIMARY KEY (id)
);
CREATE TABLE bucket_files (
	bucket_id INTEGER NOT NULL, 
	path VARCHAR(1024) NOT NULL, 
	content_type VARCHAR(256), 
	size BIGINT NOT NULL, 
	last_modified VARCHAR(28) NOT NULL, 
	id INTEGER NOT NULL, 
	file VARCHAR NOT NULL, 
	CONSTRAINT pk_bucket_files PRIMARY KEY (id), 
	CONSTRAINT fk_bucket_files_bucket_id FOREIGN KEY(bucket_id) REFERENCES buckets (id) ON DELETE CASCADE
);
CREATE TABLE bucket_folders (
	bucket_id INTEGER NOT NULL, 
	folder_id INTEGER NOT NULL, 
	CONSTRAINT pk_bucket_folders PRIMARY KEY (bucket_id, folder_id), 
	CONSTRAINT fk_bucket_folders_bucket_id FOREIGN KEY(bucket_id) REFERENCES buckets (id) ON DELETE CASCADE, 
	CONSTRAINT fk_bucket_folders_folder_id FOREIGN KEY(folder_id) REFERENCES folders (id) ON DELETE CASCADE
);
CREATE TABLE buckets (
	name VARCHAR(128) NOT NULL, 
	description VARCHAR(512), 
	identifier VARCHAR(36) NOT NULL, 
	storage_provider VARCHAR, 
	storage_parameters VARCHAR, 
	storage_container VARCHAR, 
	options SMALLINT NOT NULL, 
	credential_store_id BIGINT, 
	external_name VARCHAR(450), 
	password VARCHAR, 
	folders_count INTEGER NOT NULL, 
	id INTEGER NOT NULL, 
	tags TEXT NOT NULL, 
	secret VARCHAR(36) NOT NULL, 
	organization_unit_id INTEGER, 
	CONSTRAINT pk_buckets PRIMARY KEY (id), 
	CONSTRAINT fk_buckets_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT uq_buckets_identifier UNIQUE (identifier)
);
CREATE TABLE calendars (
	name VARCHAR(150) COLLATE "NOCASE" NOT NULL, 
	time_zone_id VARCHAR(80), 
	excluded_dates TEXT NOT NULL, 
	"key" VARCHAR(36) NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_calendars PRIMARY KEY (id), 
	CONSTRAINT uq_calendars_key UNIQUE ("key"), 
	CONSTRAINT uq_calendars_name UNIQUE (name)
);
CREATE TABLE clock (
	id SMALLINT NOT NULL, 
	origin BIGINT NOT NULL, 
	set_at BIGINT NOT NULL, 
	scale FLOAT NOT NULL, 
	frozen BOOLEAN NOT NULL, 
	paused BOOLEAN NOT NULL, 
	CONSTRAINT pk_clock PRIMARY KEY (id)
);
CREATE TABLE entry_points (
	unique_id VARCHAR(36), 
	path VARCHAR, 
	input_arguments VARCHAR, 
	output_arguments VARCHAR, 
	id INTEGER NOT NULL, 
	data_variation TEXT, 
	process_key VARCHAR(450), 
	CONSTRAINT pk_entry_points PRIMARY KEY (id), 
	CONSTRAINT fk_entry_points_process_key FOREIGN KEY(process_key) REFERENCES processes ("key") ON DELETE CASCADE
);
CREATE TABLE environment_robots (
	environment_id INTEGER NOT NULL, 
	robot_id INTEGER NOT NULL, 
	CONSTRAINT pk_environment_robots PRIMARY KEY (environment_id, robot_id), 
	CONSTRAINT fk_environment_robots_environment_id FOREIGN KEY(environment_id) REFERENCES environments (id) ON DELETE CASCADE, 
	CONSTRAINT fk_environment_robots_robot_id FOREIGN KEY(robot_id) REFERENCES robots (id) ON DELETE CASCADE
);
CREATE TABLE environments (
	name VARCHAR(100) COLLATE "NOCASE" NOT NULL, 
	description VARCHAR(500), 
	type SMALLINT NOT NULL, 
	id INTEGER NOT NULL, 
	organization_unit_id INTEGER, 
	CONSTRAINT pk_environments PRIMARY KEY (id), 
	CONSTRAINT fk_environments_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id)
);
CREATE TABLE exports (
	id INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	type SMALLINT NOT NULL, 
	status SMALLINT NOT NULL, 
	requested_at VARCHAR(28) NOT NULL, 
	executed_at VARCHAR(28), 
	size BIGINT, 
	request TEXT, 
	user_id INTEGER, 
	folder_id INTEGER, 
	file VARCHAR, 
	CONSTRAINT pk_exports PRIMARY KEY (id), 
	CONSTRAINT fk_exports_folder_id FOREIGN KEY(folder_id) REFERENCES folders (id) ON DELETE SET NULL, 
	CONSTRAINT fk_exports_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL
);
CREATE TABLE folder_machines (
	folder_id INTEGER NOT NULL, 
	machine_id INTEGER NOT NULL, 
	CONSTRAINT pk_folder_machines PRIMARY KEY (folder_id, machine_id), 
	CONSTRAINT fk_folder_machines_folder_id FOREIGN KEY(folder_id) REFERENCES folders (id) ON DELETE CASCADE, 
	CONSTRAINT fk_folder_machines_machine_id FOREIGN KEY(machine_id) REFERENCES machines (id) ON DELETE CASCADE
);
CREATE TABLE folder_user_roles (
	folder_id BIGINT NOT NULL, 
	user_id BIGINT NOT NULL, 
	role_id INTEGER NOT NULL, 
	CONSTRAINT pk_folder_user_roles PRIMARY KEY (folder_id, user_id, role_id), 
	CONSTRAINT fk_folder_user_roles_folder_id_user_id FOREIGN KEY(folder_id, user_id) REFERENCES folder_users (folder_id, user_id) ON DELETE CASCADE, 
	CONSTRAINT fk_folder_user_roles_role_id FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE
);
CREATE TABLE folder_users (
	folder_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	CONSTRAINT pk_folder_users PRIMARY KEY (folder_id, user_id), 
	CONSTRAINT fk_folder_users_folder_id FOREIGN KEY(folder_id) REFERENCES folders (id) ON DELETE CASCADE, 
	CONSTRAINT fk_folder_users_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE folders (
	"key" VARCHAR(36) NOT NULL, 
	display_name VARCHAR(115) NOT NULL, 
	fully_qualified_name VARCHAR NOT NULL, 
	description VARCHAR(500), 
	folder_type SMALLINT NOT NULL, 
	is_personal BOOLEAN NOT NULL, 
	provision_type SMALLINT NOT NULL, 
	permission_model SMALLINT NOT NULL, 
	parent_id INTEGER, 
	parent_key VARCHAR(36), 
	feed_type SMALLINT NOT NULL, 
	id INTEGER NOT NULL, exploring_user_ids TEXT DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_folders PRIMARY KEY (id), 
	CONSTRAINT fk_folders_parent_id FOREIGN KEY(parent_id) REFERENCES folders (id), 
	CONSTRAINT uq_folders_fully_qualified_name UNIQUE (fully_qualified_name), 
	CONSTRAINT uq_folders_key UNIQUE ("key")
);
CREATE TABLE job_attachments (
	id VARCHAR(36) NOT NULL, 
	attachment_id VARCHAR(36) NOT NULL, 
	job_key VARCHAR(36) NOT NULL, 
	category VARCHAR(128), 
	creation_time VARCHAR(28), 
	creator_user_id BIGINT, 
	CONSTRAINT pk_job_attachments PRIMARY KEY (id), 
	CONSTRAINT fk_job_attachments_attachment_id FOREIGN KEY(attachment_id) REFERENCES attachments (id) ON DELETE CASCADE
);
CREATE TABLE job_outcomes (
	job_id INTEGER NOT NULL, 
	mode SMALLINT NOT NULL, 
	seconds TEXT, 
	failures DOUBLE NOT NULL, 
	result TEXT, 
	next_at VARCHAR(28), 
	begun_at VARCHAR(28), 
	ends_at VARCHAR(28), 
	lines TEXT, 
	item_id BIGINT, 
	item_ends_at VARCHAR(28), 
	worked INTEGER NOT NULL, 
	CONSTRAINT pk_job_outcomes PRIMARY KEY (job_id), 
	CONSTRAINT fk_job_outcomes_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
CREATE TABLE job_triggers (
	job_id INTEGER NOT NULL, 
	trigger_type SMALLINT NOT NULL, 
	status SMALLINT NOT NULL, 
	item_key VARCHAR(36), 
	item_id BIGINT, 
	timer VARCHAR(28), 
	trigger_message VARCHAR, 
	trigger_configuration VARCHAR, 
	id INTEGER NOT NULL, 
	payload TEXT, 
	organization_unit_id INTEGER, creation_time VARCHAR(28), modified_time VARCHAR(28), 
	CONSTRAINT pk_job_triggers PRIMARY KEY (id), 
	CONSTRAINT fk_job_triggers_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE, 
	CONSTRAINT fk_job_triggers_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id)
);
CREATE TABLE jobs (
	"key" VARCHAR(36) NOT NULL, 
	start_time VARCHAR(28), 
	end_time VARCHAR(28), 
	state SMALLINT NOT NULL, 
	sub_state VARCHAR, 
	job_priority SMALLINT, 
	specific_priority_value INTEGER, 
	resource_overwrites VARCHAR, 
	source VARCHAR, 
	source_type SMALLINT NOT NULL, 
	batch_execution_key VARCHAR(36) NOT NULL, 
	info VARCHAR, 
	creation_time VARCHAR(28) NOT NULL, 
	starting_schedule_id BIGINT, 
	release_name VARCHAR, 
	type SMALLINT NOT NULL, 
	input_arguments VARCHAR, 
	input_file VARCHAR(36), 
	environment_variables VARCHAR, 
	output_arguments VARCHAR, 
	output_file VARCHAR(36), 
	host_machine_name VARCHAR, 
	has_media_recorded BOOLEAN NOT NULL, 
	has_video_recorded BOOLEAN NOT NULL, 
	persistence_id VARCHAR(36), 
	resume_version INTEGER, 
	stop_strategy SMALLINT, 
	runtime_type SMALLINT, 
	requires_user_interaction BOOLEAN NOT NULL, 
	release_version_id BIGINT, 
	entry_point_path VARCHAR(512), 
	organization_unit_id INTEGER NOT NULL, 
	organization_unit_fully_qualified_name VARCHAR, 
	reference VARCHAR(128), 
	process_type SMALLINT NOT NULL, 
	profiling_options VARCHAR, 
	resume_on_same_context BOOLEAN NOT NULL, 
	local_system_account VARCHAR, 
	orchestrator_user_identity VARCHAR, 
	remote_control_access SMALLINT NOT NULL, 
	starting_trigger_id VARCHAR(36), 
	max_expected_running_time_seconds BIGINT, 
	serverless_job_type SMALLINT, 
	parent_job_key VARCHAR(36), 
	resume_time VARCHAR(28), 
	last_modification_time VARCHAR(28), 
	error_code VARCHAR, 
	fps_properties VARCHAR, 
	trace_id VARCHAR, 
	parent_span_id VARCHAR, 
	root_span_id VARCHAR, 
	fps_context VARCHAR, 
	id INTEGER NOT NULL, 
	job_error TEXT, 
	autopilot_for_robots TEXT, 
	robot_id INTEGER, 
	release_id INTEGER, 
	machine_id INTEGER, run_as_user_id BIGINT, wanted_robot_id BIGINT, dispatched_to BIGINT, dispatched_at VARCHAR(28), state_file VARCHAR, resume_source VARCHAR, stop_at VARCHAR(28), stop_as SMALLINT, kill_after INTEGER, alert_pending_seconds BIGINT, overdue_at VARCHAR(28), wanted_runtime_type SMALLINT, 
	CONSTRAINT pk_jobs PRIMARY KEY (id), 
	CONSTRAINT fk_jobs_machine_id FOREIGN KEY(machine_id) REFERENCES machines (id) ON DELETE SET NULL, 
	CONSTRAINT fk_jobs_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT fk_jobs_release_id FOREIGN KEY(release_id) REFERENCES releases (id) ON DELETE SET NULL, 
	CONSTRAINT fk_jobs_robot_id FOREIGN KEY(robot_id) REFERENCES robots (id) ON DELETE SET NULL, 
	CONSTRAINT uq_jobs_key UNIQUE ("key")
);
CREATE TABLE libraries (
	created VARCHAR(28), 
	last_updated VARCHAR(28), 
	owners VARCHAR, 
	icon_url VARCHAR, 
	summary VARCHAR, 
	package_size BIGINT NOT NULL, 
	is_prerelease BOOLEAN NOT NULL, 
	title VARCHAR, 
	version VARCHAR(128) NOT NULL, 
	"key" VARCHAR(450) NOT NULL, 
	description VARCHAR, 
	published VARCHAR(28), 
	is_latest_version BOOLEAN NOT NULL, 
	old_version VARCHAR, 
	release_notes VARCHAR, 
	authors VARCHAR, 
	project_type SMALLINT NOT NULL, 
	tags VARCHAR, 
	is_compiled BOOLEAN NOT NULL, 
	license_url VARCHAR, 
	project_url VARCHAR, 
	id VARCHAR(450) NOT NULL, 
	resource_tags TEXT NOT NULL, 
	file VARCHAR, 
	CONSTRAINT pk_libraries PRIMARY KEY ("key")
);
CREATE TABLE machine_secrets (
	machine_id INTEGER NOT NULL, 
	creation_time VARCHAR(28) NOT NULL, 
	id INTEGER NOT NULL, 
	secret_hash VARCHAR NOT NULL, 
	CONSTRAINT pk_machine_secrets PRIMARY KEY (id), 
	CONSTRAINT fk_machine_secrets_machine_id FOREIGN KEY(machine_id) REFERENCES machines (id) ON DELETE CASCADE
);
CREATE TABLE machines (
	license_key VARCHAR(255) COLLATE "NOCASE", 
	name VARCHAR(450) COLLATE "NOCASE" NOT NULL, 
	description VARCHAR(500), 
	type SMALLINT NOT NULL, 
	scope SMALLINT NOT NULL, 
	non_production_slots INTEGER NOT NULL, 
	unattended_slots INTEGER NOT NULL, 
	headless_slots INTEGER NOT NULL, 
	test_automation_slots INTEGER NOT NULL, 
	hosting_slots INTEGER NOT NULL, 
	app_test_slots INTEGER NOT NULL, 
	performance_test_slots INTEGER NOT NULL, 
	automation_cloud_slots INTEGER NOT NULL, 
	automation_cloud_test_automation_slots INTEGER NOT NULL, 
	"key" VARCHAR(36) NOT NULL, 
	endpoint_detection_status SMALLINT NOT NULL, 
	automation_type SMALLINT NOT NULL, 
	target_framework SMALLINT NOT NULL, 
	serverless_licensing_model SMALLINT, 
	client_secret VARCHAR, 
	id INTEGER NOT NULL, 
	robot_versions TEXT NOT NULL, 
	robot_users TEXT NOT NULL, 
	update_policy TEXT, 
	tags TEXT NOT NULL, 
	maintenance_window TEXT, 
	vpn_settings TEXT, 
	CONSTRAINT pk_machines PRIMARY KEY (id), 
	CONSTRAINT uq_machines_key UNIQUE ("key"), 
	CONSTRAINT uq_machines_license_key UNIQUE (license_key), 
	CONSTRAINT uq_machines_name UNIQUE (name)
);
CREATE TABLE permissions (
	name VARCHAR(128) NOT NULL, 
	is_granted BOOLEAN NOT NULL, 
	role_id INTEGER, 
	scope SMALLINT NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_permissions PRIMARY KEY (id), 
	CONSTRAINT fk_permissions_role_id FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE
);
CREATE TABLE process_outcomes (
	release_id INTEGER NOT NULL, 
	mode SMALLINT NOT NULL, 
	seconds TEXT, 
	failures DOUBLE NOT NULL, 
	result TEXT, 
	CONSTRAINT pk_process_outcomes PRIMARY KEY (release_id), 
	CONSTRAINT fk_process_outcomes_release_id FOREIGN KEY(release_id) REFERENCES releases (id) ON DELETE CASCADE
);
CREATE TABLE process_schedule_robots (
	process_schedule_id INTEGER NOT NULL, 
	robot_id INTEGER NOT NULL, 
	CONSTRAINT pk_process_schedule_robots PRIMARY KEY (process_schedule_id, robot_id), 
	CONSTRAINT fk_process_schedule_robots_process_schedule_id FOREIGN KEY(process_schedule_id) REFERENCES process_schedules (id) ON DELETE CASCADE, 
	CONSTRAINT fk_process_schedule_robots_robot_id FOREIGN KEY(robot_id) REFERENCES robots (id) ON DELETE CASCADE
);
CREATE TABLE process_schedules (
	"key" VARCHAR(36) NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	name VARCHAR(255) COLLATE "NOCASE" NOT NULL, 
	release_id INTEGER NOT NULL, 
	release_key VARCHAR(64), 
	release_name VARCHAR(450), 
	entry_point_path VARCHAR(512), 
	package_name VARCHAR, 
	environment_name VARCHAR, 
	environment_id VARCHAR NOT NULL, 
	job_priority SMALLINT, 
	specific_priority_value INTEGER, 
	runtime_type SMALLINT, 
	start_process_cron VARCHAR(500), 
	start_process_cron_details VARCHAR, 
	start_process_cron_summary VARCHAR, 
	start_process_next_occurrence VARCHAR(28), 
	start_strategy INTEGER NOT NULL, 
	stop_process_expression VARCHAR(20), 
	stop_strategy SMALLINT, 
	kill_process_expression VARCHAR(20), 
	external_job_key VARCHAR(128), 
	external_job_key_scheduler VARCHAR(36), 
	time_zone_id VARCHAR(80) NOT NULL, 
	time_zone_iana VARCHAR, 
	use_calendar BOOLEAN NOT NULL, 
	calendar_id INTEGER, 
	calendar_name VARCHAR, 
	calendar_key VARCHAR(36), 
	stop_process_date VARCHAR(28), 
	input_arguments VARCHAR(10000), 
	input_file VARCHAR(36), 
	queue_definition_id INTEGER, 
	queue_definition_name VARCHAR, 
	activate_on_job_complete BOOLEAN NOT NULL, 
	items_activation_threshold BIGINT, 
	items_per_job_activation_target BIGINT, 
	max_jobs_for_activation INTEGER, 
	resume_on_same_context BOOLEAN NOT NULL, 
	description VARCHAR(512), 
	machine_robots TEXT NOT NULL, 
	tags TEXT NOT NULL, 
	alert_pending_expression VARCHAR(20), 
	alert_running_expression VARCHAR(20), 
	run_as_me BOOLEAN NOT NULL, 
	consecutive_job_failures_threshold INTEGER, 
	job_failures_grace_period_in_hours INTEGER, 
	is_connected BOOLEAN NOT NULL, 
	id INTEGER NOT NULL, 
	organization_unit_id INTEGER NOT NULL, 
	run_as_user_id INTEGER, 
	due_at VARCHAR(28), 
	enabled_at VARCHAR(28), 
	launched_at VARCHAR(28), 
	failed_launches INTEGER NOT NULL, 
	CONSTRAINT pk_process_schedules PRIMARY KEY (id), 
	CONSTRAINT fk_process_schedules_calendar_id FOREIGN KEY(calendar_id) REFERENCES calendars (id), 
	CONSTRAINT fk_process_schedules_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT fk_process_schedules_queue_definition_id FOREIGN KEY(queue_definition_id) REFERENCES queue_definitions (id) ON DELETE CASCADE, 
	CONSTRAINT fk_process_schedules_release_id FOREIGN KEY(release_id) REFERENCES releases (id), 
	CONSTRAINT fk_process_schedules_run_as_user_id FOREIGN KEY(run_as_user_id) REFERENCES users (id) ON DELETE SET NULL, 
	CONSTRAINT uq_process_schedules_key UNIQUE ("key"), 
	CONSTRAINT uq_process_schedules_queue_definition_id UNIQUE (queue_definition_id)
);
CREATE TABLE processes (
	is_active BOOLEAN NOT NULL, 
	supports_multiple_entry_points BOOLEAN NOT NULL, 
	main_entry_point_path VARCHAR, 
	requires_user_interaction BOOLEAN NOT NULL, 
	is_attended BOOLEAN NOT NULL, 
	target_framework SMALLINT NOT NULL, 
	package_type SMALLINT NOT NULL, 
	title VARCHAR, 
	version VARCHAR(128) NOT NULL, 
	"key" VARCHAR(450) NOT NULL, 
	description VARCHAR, 
	published VARCHAR(28), 
	is_latest_version BOOLEAN NOT NULL, 
	old_version VARCHAR, 
	release_notes VARCHAR, 
	authors VARCHAR, 
	project_type SMALLINT NOT NULL, 
	tags VARCHAR, 
	is_compiled BOOLEAN NOT NULL, 
	license_url VARCHAR, 
	project_url VARCHAR, 
	id VARCHAR(450) NOT NULL, 
	arguments TEXT, 
	resource_tags TEXT NOT NULL, 
	feed_id VARCHAR(36), package_key VARCHAR(450) DEFAULT '' NOT NULL, file VARCHAR, runtime VARCHAR, 
	CONSTRAINT pk_processes PRIMARY KEY ("key")
);
CREATE TABLE queue_definitions (
	"key" VARCHAR(36) NOT NULL, 
	name VARCHAR(50) COLLATE "NOCASE" NOT NULL, 
	description VARCHAR(250), 
	max_number_of_retries INTEGER NOT NULL, 
	accept_automatically_retry BOOLEAN NOT NULL, 
	retry_abandoned_items BOOLEAN NOT NULL, 
	enforce_unique_reference BOOLEAN NOT NULL, 
	encrypted BOOLEAN NOT NULL, 
	specific_data_json_schema VARCHAR, 
	output_data_json_schema VARCHAR, 
	analytics_data_json_schema VARCHAR, 
	creation_time VARCHAR(28) NOT NULL, 
	process_schedule_id BIGINT, 
	sla_in_minutes INTEGER NOT NULL, 
	risk_sla_in_minutes INTEGER NOT NULL, 
	release_id INTEGER, 
	is_process_in_current_folder BOOLEAN, 
	folders_count INTEGER NOT NULL, 
	organization_unit_id INTEGER NOT NULL, 
	organization_unit_fully_qualified_name VARCHAR, 
	id INTEGER NOT NULL, 
	tags TEXT NOT NULL, 
	CONSTRAINT pk_queue_definitions PRIMARY KEY (id), 
	CONSTRAINT fk_queue_definitions_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT fk_queue_definitions_release_id FOREIGN KEY(release_id) REFERENCES releases (id) ON DELETE SET NULL, 
	CONSTRAINT uq_queue_definitions_key UNIQUE ("key")
);
CREATE TABLE queue_folders (
	queue_definition_id INTEGER NOT NULL, 
	folder_id INTEGER NOT NULL, 
	CONSTRAINT pk_queue_folders PRIMARY KEY (queue_definition_id, folder_id), 
	CONSTRAINT fk_queue_folders_folder_id FOREIGN KEY(folder_id) REFERENCES folders (id) ON DELETE CASCADE, 
	CONSTRAINT fk_queue_folders_queue_definition_id FOREIGN KEY(queue_definition_id) REFERENCES queue_definitions (id) ON DELETE CASCADE
);
CREATE TABLE queue_item_comments (
	text VARCHAR(512) NOT NULL, 
	queue_item_id INTEGER NOT NULL, 
	creation_time VARCHAR(28) NOT NULL, 
	user_id BIGINT, 
	user_name VARCHAR, 
	id INTEGER NOT NULL, 
	organization_unit_id INTEGER, 
	CONSTRAINT pk_queue_item_comments PRIMARY KEY (id), 
	CONSTRAINT fk_queue_item_comments_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT fk_queue_item_comments_queue_item_id FOREIGN KEY(queue_item_id) REFERENCES queue_items (id) ON DELETE CASCADE
);
CREATE TABLE queue_item_events (
	queue_item_id INTEGER NOT NULL, 
	timestamp VARCHAR(28) NOT NULL, 
	action SMALLINT NOT NULL, 
	data VARCHAR, 
	user_id BIGINT, 
	user_name VARCHAR, 
	status SMALLINT NOT NULL, 
	review_status SMALLINT NOT NULL, 
	reviewer_user_id BIGINT, 
	reviewer_user_name VARCHAR, 
	external_client_id VARCHAR, 
	id INTEGER NOT NULL, 
	organization_unit_id INTEGER, 
	CONSTRAINT pk_queue_item_events PRIMARY KEY (id), 
	CONSTRAINT fk_queue_item_events_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT fk_queue_item_events_queue_item_id FOREIGN KEY(queue_item_id) REFERENCES queue_items (id) ON DELETE CASCADE
);
CREATE TABLE queue_items (
	queue_definition_id INTEGER NOT NULL, 
	encrypted BOOLEAN NOT NULL, 
	output_data VARCHAR, 
	analytics_data VARCHAR, 
	status SMALLINT NOT NULL, 
	review_status SMALLINT NOT NULL, 
	reviewer_user_id INTEGER, 
	"key" VARCHAR(36) NOT NULL, 
	reference VARCHAR(128), 
	processing_exception_type SMALLINT, 
	due_date VARCHAR(28), 
	risk_sla_date VARCHAR(28), 
	priority SMALLINT NOT NULL, 
	robot_id INTEGER, 
	creator_job_key VARCHAR(36), 
	executor_job_key VARCHAR(36), 
	defer_date VARCHAR(28), 
	start_processing VARCHAR(28), 
	end_processing VARCHAR(28), 
	seconds_in_previous_attempts INTEGER NOT NULL, 
	ancestor_id BIGINT, 
	ancestor_unique_key VARCHAR(36), 
	retry_number INTEGER NOT NULL, 
	manual_ancestor_id BIGINT, 
	manual_ancestor_unique_key VARCHAR(36), 
	manual_retry_number INTEGER NOT NULL, 
	unique_key VARCHAR(36) NOT NULL, 
	has_video_recorded BOOLEAN NOT NULL, 
	specific_data VARCHAR, 
	creation_time VARCHAR(28) NOT NULL, 
	progress VARCHAR, 
	row_version BIGINT NOT NULL, 
	parent_operation_id VARCHAR, 
	operation_id VARCHAR, 
	organization_unit_id INTEGER NOT NULL, 
	organization_unit_fully_qualified_name VARCHAR, 
	id INTEGER NOT NULL, 
	processing_exception TEXT, 
	error TEXT, 
	specific_content TEXT, 
	output TEXT, 
	analytics TEXT, 
	reference_folded VARCHAR, next_deadline VARCHAR(28), 
	CONSTRAINT pk_queue_items PRIMARY KEY (id), 
	CONSTRAINT fk_queue_items_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT fk_queue_items_queue_definition_id FOREIGN KEY(queue_definition_id) REFERENCES queue_definitions (id) ON DELETE CASCADE, 
	CONSTRAINT fk_queue_items_reviewer_user_id FOREIGN KEY(reviewer_user_id) REFERENCES users (id) ON DELETE SET NULL, 
	CONSTRAINT fk_queue_items_robot_id FOREIGN KEY(robot_id) REFERENCES robots (id) ON DELETE SET NULL, 
	CONSTRAINT uq_queue_items_unique_key UNIQUE (unique_key)
);
CREATE TABLE queue_processing_records (
	queue_definition_id INTEGER NOT NULL, 
	processing_time VARCHAR(28) NOT NULL, 
	report_type SMALLINT NOT NULL, 
	number_of_remaining_transactions INTEGER NOT NULL, 
	number_of_in_progress_transactions INTEGER NOT NULL, 
	number_of_application_exceptions INTEGER NOT NULL, 
	number_of_business_exceptions INTEGER NOT NULL, 
	number_of_successful_transactions INTEGER NOT NULL, 
	number_of_retried_items INTEGER NOT NULL, 
	application_exceptions_processing_time DOUBLE NOT NULL, 
	business_exceptions_processing_time DOUBLE NOT NULL, 
	successful_transactions_processing_time DOUBLE NOT NULL, 
	total_number_of_transactions INTEGER NOT NULL, 
	tenant_id INTEGER, 
	id INTEGER NOT NULL, 
	organization_unit_id INTEGER, 
	last_processed VARCHAR(28), recount_at VARCHAR(28), 
	CONSTRAINT pk_queue_processing_records PRIMARY KEY (id), 
	CONSTRAINT fk_queue_processing_records_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT fk_queue_processing_records_queue_definition_id FOREIGN KEY(queue_definition_id) REFERENCES queue_definitions (id) ON DELETE CASCADE
);
CREATE TABLE queue_references (
	queue_definition_id BIGINT NOT NULL, 
	reference_folded VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_queue_references PRIMARY KEY (queue_definition_id, reference_folded), 
	CONSTRAINT fk_queue_references_queue_definition_id FOREIGN KEY(queue_definition_id) REFERENCES queue_definitions (id) ON DELETE CASCADE
);
CREATE TABLE queue_retention (
	queue_definition_id INTEGER NOT NULL, 
	action SMALLINT NOT NULL, 
	period INTEGER NOT NULL, 
	bucket_id INTEGER, 
	type SMALLINT NOT NULL, 
	id INTEGER NOT NULL, 
	organization_unit_id INTEGER, 
	next_run VARCHAR(28), 
	CONSTRAINT pk_queue_retention PRIMARY KEY (id), 
	CONSTRAINT fk_queue_retention_bucket_id FOREIGN KEY(bucket_id) REFERENCES buckets (id) ON DELETE SET NULL, 
	CONSTRAINT fk_queue_retention_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT fk_queue_retention_queue_definition_id FOREIGN KEY(queue_definition_id) REFERENCES queue_definitions (id) ON DELETE CASCADE
);
CREATE TABLE queued_results (
	id INTEGER NOT NULL, 
	release_id INTEGER NOT NULL, 
	"when" TEXT, 
	result TEXT NOT NULL, 
	CONSTRAINT pk_queued_results PRIMARY KEY (id), 
	CONSTRAINT fk_queued_results_release_id FOREIGN KEY(release_id) REFERENCES releases (id) ON DELETE CASCADE
);
CREATE TABLE release_versions (
	release_id INTEGER NOT NULL, 
	version_number VARCHAR(50) NOT NULL, 
	creation_time VARCHAR(28), 
	release_name VARCHAR, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_release_versions PRIMARY KEY (id), 
	CONSTRAINT fk_release_versions_release_id FOREIGN KEY(release_id) REFERENCES releases (id) ON DELETE CASCADE
);
CREATE TABLE releases (
	"key" VARCHAR(36) NOT NULL, 
	process_key VARCHAR(450) NOT NULL, 
	process_version VARCHAR(128) NOT NULL, 
	is_latest_version BOOLEAN NOT NULL, 
	is_process_deleted BOOLEAN NOT NULL, 
	description VARCHAR, 
	name VARCHAR(450) COLLATE "NOCASE" NOT NULL, 
	environment_id INTEGER, 
	environment_name VARCHAR, 
	entry_point_id INTEGER, 
	entry_point_path VARCHAR, 
	input_arguments VARCHAR(10000), 
	environment_variables VARCHAR(4000), 
	process_type SMALLINT NOT NULL, 
	supports_multiple_entry_points BOOLEAN NOT NULL, 
	requires_user_interaction BOOLEAN NOT NULL, 
	is_conversational BOOLEAN, 
	min_required_robot_version VARCHAR, 
	is_attended BOOLEAN NOT NULL, 
	is_compiled BOOLEAN NOT NULL, 
	automation_hub_idea_url VARCHAR, 
	auto_update BOOLEAN NOT NULL, 
	hidden_for_attended_user BOOLEAN NOT NULL, 
	feed_id VARCHAR(36), 
	job_priority SMALLINT, 
	specific_priority_value INTEGER, 
	folder_key VARCHAR(36), 
	organization_unit_id INTEGER NOT NULL, 
	organization_unit_fully_qualified_name VARCHAR, 
	target_framework SMALLINT NOT NULL, 
	robot_size SMALLINT, 
	remote_control_access SMALLINT NOT NULL, 
	last_modification_time VARCHAR(28), 
	last_modifier_user_id BIGINT, 
	creation_time VARCHAR(28), 
	creator_user_id BIGINT, 
	id INTEGER NOT NULL, 
	arguments TEXT, 
	process_settings TEXT, 
	video_recording_settings TEXT, 
	tags TEXT NOT NULL, 
	current_version_id BIGINT, 
	CONSTRAINT pk_releases PRIMARY KEY (id), 
	CONSTRAINT fk_releases_entry_point_id FOREIGN KEY(entry_point_id) REFERENCES entry_points (id) ON DELETE SET NULL, 
	CONSTRAINT fk_releases_environment_id FOREIGN KEY(environment_id) REFERENCES environments (id) ON DELETE SET NULL, 
	CONSTRAINT fk_releases_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT uq_releases_key UNIQUE ("key")
);
CREATE TABLE robot_licenses (
	robot_id BIGINT NOT NULL, 
	timestamp VARCHAR(28), 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_robot_licenses PRIMARY KEY (id)
);
CREATE TABLE robot_logs (
	number INTEGER NOT NULL, 
	level SMALLINT NOT NULL, 
	windows_identity VARCHAR, 
	process_name VARCHAR, 
	time_stamp VARCHAR(28) NOT NULL, 
	message VARCHAR, 
	job_key VARCHAR(36), 
	raw_message VARCHAR, 
	robot_name VARCHAR, 
	host_machine_name VARCHAR, 
	machine_id BIGINT, 
	machine_key VARCHAR(36), 
	runtime_type SMALLINT, 
	id BIGINT NOT NULL, 
	organization_unit_id INTEGER, 
	CONSTRAINT pk_robot_logs PRIMARY KEY (number), 
	CONSTRAINT fk_robot_logs_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id)
);
CREATE TABLE robots (
	license_key VARCHAR(255), 
	machine_name VARCHAR(450), 
	machine_id INTEGER, 
	name VARCHAR(19) COLLATE "NOCASE" NOT NULL, 
	username VARCHAR(100), 
	external_name VARCHAR(450), 
	description VARCHAR(500), 
	version VARCHAR, 
	type SMALLINT NOT NULL, 
	hosting_type SMALLINT NOT NULL, 
	provision_type SMALLINT NOT NULL, 
	password VARCHAR(100), 
	credential_store_id BIGINT, 
	user_id INTEGER, 
	enabled BOOLEAN NOT NULL, 
	credential_type SMALLINT, 
	robot_environments VARCHAR NOT NULL, 
	is_external_licensed BOOLEAN NOT NULL, 
	limit_concurrent_execution BOOLEAN NOT NULL, 
	last_modification_time VARCHAR(28), 
	last_modifier_user_id BIGINT, 
	creation_time VARCHAR(28), 
	creator_user_id BIGINT, 
	id INTEGER NOT NULL, 
	execution_settings TEXT, 
	robot_key VARCHAR(36), 
	license_id INTEGER, 
	organization_unit_id INTEGER, 
	CONSTRAINT pk_robots PRIMARY KEY (id), 
	CONSTRAINT fk_robots_license_id FOREIGN KEY(license_id) REFERENCES robot_licenses (id) ON DELETE SET NULL, 
	CONSTRAINT fk_robots_machine_id FOREIGN KEY(machine_id) REFERENCES machines (id) ON DELETE SET NULL, 
	CONSTRAINT fk_robots_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT fk_robots_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL, 
	CONSTRAINT uq_robots_name UNIQUE (name), 
	CONSTRAINT uq_robots_robot_key UNIQUE (robot_key)
);
CREATE TABLE roles (
	name VARCHAR(64) COLLATE "NOCASE" NOT NULL, 
	display_name VARCHAR(64), 
	type SMALLINT NOT NULL, 
	groups VARCHAR, 
	is_static BOOLEAN NOT NULL, 
	is_editable BOOLEAN NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_roles PRIMARY KEY (id), 
	CONSTRAINT uq_roles_name UNIQUE (name)
);
CREATE TABLE "sessions" (
	host_machine_name VARCHAR, 
	machine_id INTEGER, 
	machine_name VARCHAR, 
	state SMALLINT NOT NULL, 
	reporting_time VARCHAR(28), 
	info VARCHAR, 
	is_unresponsive BOOLEAN NOT NULL, 
	license_error_code SMALLINT, 
	organization_unit_id INTEGER, 
	folder_name VARCHAR, 
	robot_session_type SMALLINT, 
	version VARCHAR, 
	source SMALLINT, 
	debug_mode_expiration_date VARCHAR(28), 
	installation_id VARCHAR(36), 
	platform SMALLINT, 
	endpoint_detection VARCHAR, 
	id INTEGER NOT NULL, 
	update_info TEXT, 
	robot_id INTEGER, 
	job_id INTEGER, 
	service_user_name VARCHAR, 
	capabilities VARCHAR, 
	simulated BOOLEAN DEFAULT 0 NOT NULL, maintenance_mode SMALLINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (id), 
	CONSTRAINT fk_sessions_organization_unit_id FOREIGN KEY(organization_unit_id) REFERENCES folders (id), 
	CONSTRAINT fk_sessions_machine_id FOREIGN KEY(machine_id) REFERENCES machines (id) ON DELETE SET NULL, 
	CONSTRAINT fk_sessions_robot_id FOREIGN KEY(robot_id) REFERENCES robots (id) ON DELETE CASCADE, 
	CONSTRAINT fk_sessions_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE SET NULL
);
CREATE TABLE settings (
	name VARCHAR(128) NOT NULL, 
	value VARCHAR, 
	scope SMALLINT NOT NULL, 
	id VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_settings PRIMARY KEY (id)
);
CREATE TABLE tenants (
	name VARCHAR(64) COLLATE "NOCASE" NOT NULL, 
	"key" VARCHAR, 
	display_name VARCHAR(128), 
	admin_email_address VARCHAR(256), 
	admin_name VARCHAR(32), 
	admin_surname VARCHAR(32), 
	admin_user_key VARCHAR, 
	admin_password VARCHAR(32), 
	last_login_time VARCHAR(28), 
	is_active BOOLEAN NOT NULL, 
	organization_name VARCHAR, 
	id INTEGER NOT NULL, 
	license TEXT, 
	CONSTRAINT pk_tenants PRIMARY KEY (id), 
	CONSTRAINT uq_tenants_name UNIQUE (name)
);
CREATE TABLE user_roles (
	user_id INTEGER NOT NULL, 
	role_id INTEGER NOT NULL, 
	user_name VARCHAR, 
	role_name VARCHAR, 
	role_type SMALLINT NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_user_roles PRIMARY KEY (id), 
	CONSTRAINT fk_user_roles_role_id FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE, 
	CONSTRAINT fk_user_roles_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE users (
	name VARCHAR(1024), 
	surname VARCHAR(1024), 
	user_name VARCHAR(256) COLLATE "NOCASE" NOT NULL, 
	domain VARCHAR, 
	directory_identifier VARCHAR, 
	full_name VARCHAR, 
	email_address VARCHAR(256), 
	is_email_confirmed BOOLEAN NOT NULL, 
	last_login_time VARCHAR(28), 
	is_active BOOLEAN NOT NULL, 
	creation_time VARCHAR(28) NOT NULL, 
	authentication_source VARCHAR, 
	password VARCHAR, 
	is_external_licensed BOOLEAN NOT NULL, 
	roles_list TEXT NOT NULL, 
	login_providers TEXT NOT NULL, 
	tenant_id INTEGER, 
	tenancy_name VARCHAR, 
	tenant_display_name VARCHAR, 
	tenant_key VARCHAR, 
	type SMALLINT NOT NULL, 
	provision_type SMALLINT NOT NULL, 
	license_type SMALLINT, 
	"key" VARCHAR(36) NOT NULL, 
	may_have_user_session BOOLEAN NOT NULL, 
	may_have_robot_session BOOLEAN NOT NULL, 
	may_have_unattended_session BOOLEAN NOT NULL, 
	bypass_basic_auth_restriction BOOLEAN NOT NULL, 
	may_have_personal_workspace BOOLEAN NOT NULL, 
	restrict_to_personal_workspace BOOLEAN NOT NULL, 
	account_id VARCHAR, 
	has_only_inherited_privileges BOOLEAN NOT NULL, 
	explicit_may_have_user_session BOOLEAN, 
	explicit_may_have_robot_session BOOLEAN, 
	explicit_may_have_personal_workspace BOOLEAN, 
	explicit_restrict_to_personal_workspace BOOLEAN, 
	last_modification_time VARCHAR(28), 
	last_modifier_user_id BIGINT, 
	creator_user_id BIGINT, 
	id INTEGER NOT NULL, 
	robot_provision TEXT, 
	unattended_robot TEXT, 
	notification_subscription TEXT, 
	update_policy TEXT, 
	password_hash VARCHAR, 
	personal_workspace_id INTEGER, 
	CONSTRAINT pk_users PRIMARY KEY (id), 
	CONSTRAINT fk_users_personal_workspace_id FOREIGN KEY(personal_workspace_id) REFERENCES folders (id) ON DELETE SET NULL, 
	CONSTRAINT uq_users_key UNIQUE ("key"), 
	CONSTRAINT uq_users_user_name UNIQUE (user_name)
);
CREATE TABLE webhook_deliveries (
	id INTEGER NOT NULL, 
	webhook_id INTEGER NOT NULL, 
	event_id VARCHAR(50) NOT NULL, 
	event_type VARCHAR(50) NOT NULL, 
	created_at VARCHAR(28) NOT NULL, 
	body TEXT NOT NULL, 
	status SMALLINT NOT NULL, 
	due_at VARCHAR(28), 
	attempts INTEGER NOT NULL, 
	attempted_at VARCHAR(28), 
	url VARCHAR, 
	request_headers TEXT, 
	response_status INTEGER, 
	response_headers TEXT, 
	response_body TEXT, 
	error TEXT, 
	duration_ms INTEGER, 
	redelivery_of BIGINT, 
	CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_webhook_deliveries_webhook_id FOREIGN KEY(webhook_id) REFERENCES webhooks (id) ON DELETE CASCADE
);
CREATE TABLE webhooks (
	"key" VARCHAR(36) NOT NULL, 
	name VARCHAR(128) COLLATE "NOCASE" NOT NULL, 
	description VARCHAR(256), 
	url VARCHAR(2000) NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	secret VARCHAR(100), 
	subscribe_to_all_events BOOLEAN NOT NULL, 
	allow_insecure_ssl BOOLEAN NOT NULL, 
	events TEXT NOT NULL, 
	id INTEGER NOT NULL, 
	paused_until VARCHAR(28), 
	failures INTEGER NOT NULL, 
	CONSTRAINT pk_webhooks PRIMARY KEY (id), 
	CONSTRAINT uq_webhooks_key UNIQUE ("key"), 
	CONSTRAINT uq_webhooks_name UNIQUE (name)
);
CREATE INDEX ix_folders_parent_id ON folders (parent_id);
CREATE INDEX ix_processes_id_version ON processes (id, version);
CREATE INDEX ix_assets_name ON assets (name);
CREATE UNIQUE INDEX ix_assets_organization_unit_id_name ON assets (organization_unit_id, name);
CREATE INDEX ix_entry_points_process_key ON entry_points (process_key);
CREATE INDEX ix_environments_organization_unit_id ON environments (organization_unit_id);
CREATE UNIQUE INDEX ix_environments_organization_unit_id_name ON environments (organization_unit_id, name);
CREATE INDEX ix_folder_machines_machine_id ON folder_machines (machine_id);
CREATE UNIQUE INDEX ix_permissions_role_id_name ON permissions (role_id, name);
CREATE INDEX ix_robot_logs_job_key ON robot_logs (job_key);
CREATE INDEX ix_robot_logs_organization_unit_id_time_stamp ON robot_logs (organization_unit_id, time_stamp);
CREATE INDEX ix_robot_logs_time_stamp ON robot_logs (time_stamp);
CREATE INDEX ix_users_email_address ON users (email_address);
CREATE INDEX ix_asset_user_values_asset_id ON asset_user_values (asset_id);
CREATE INDEX ix_exports_requested_at ON exports (requested_at);
CREATE INDEX ix_folder_users_user_id ON folder_users (user_id);
CREATE INDEX ix_releases_environment_id ON releases (environment_id);
CREATE UNIQUE INDEX ix_releases_organization_unit_id_name ON releases (organization_unit_id, name);
CREATE INDEX ix_releases_process_key ON releases (process_key);
CREATE INDEX ix_robots_machine_id ON robots (machine_id);
CREATE INDEX ix_robots_organization_unit_id ON robots (organization_unit_id);
CREATE INDEX ix_robots_user_id ON robots (user_id);
CREATE INDEX ix_robots_username ON robots (username);
CREATE INDEX ix_user_roles_role_id ON user_roles (role_id);
CREATE UNIQUE INDEX ix_user_roles_user_id_role_id ON user_roles (user_id, role_id);
CREATE INDEX ix_asset_robot_values_asset_id ON asset_robot_values (asset_id);
CREATE INDEX ix_environment_robots_robot_id ON environment_robots (robot_id);
CREATE INDEX ix_jobs_machine_id ON jobs (machine_id);
CREATE INDEX ix_jobs_organization_unit_id_id ON jobs (organization_unit_id, id);
CREATE INDEX ix_jobs_release_id ON jobs (release_id);
CREATE INDEX ix_jobs_state ON jobs (state);
CREATE UNIQUE INDEX ix_queue_definitions_organization_unit_id_name ON queue_definitions (organization_unit_id, name);
CREATE INDEX ix_release_versions_release_id ON release_versions (release_id);
CREATE INDEX ix_queue_items_executor_job_key ON queue_items (executor_job_key);
CREATE INDEX ix_queue_items_key ON queue_items ("key");
CREATE INDEX ix_queue_items_organization_unit_id_id ON queue_items (organization_unit_id, id);
CREATE INDEX ix_queue_items_queue_definition_id_reference_folded ON queue_items (queue_definition_id, reference_folded);
CREATE INDEX ix_queue_items_queue_definition_id_status_priority_due_date_id ON queue_items (queue_definition_id, status, priority, due_date, id) WHERE due_date IS NOT NULL;
CREATE INDEX ix_queue_items_queue_definition_id_status_priority_id ON queue_items (queue_definition_id, status, priority, id);
CREATE INDEX ix_queue_items_reviewer_user_id ON queue_items (reviewer_user_id);
CREATE INDEX ix_queue_items_robot_id ON queue_items (robot_id);
CREATE INDEX ix_queue_items_row_version ON queue_items (row_version);
CREATE INDEX ix_queue_items_status_start_processing ON queue_items (status, start_processing);
CREATE UNIQUE INDEX ix_queue_processing_records_of_queue ON queue_processing_records (queue_definition_id, processing_time, report_type);
CREATE INDEX ix_queue_processing_records_organization_unit_id ON queue_processing_records (organization_unit_id);
CREATE INDEX ix_queue_item_comments_organization_unit_id ON queue_item_comments (organization_unit_id);
CREATE INDEX ix_queue_item_comments_queue_item_id ON queue_item_comments (queue_item_id);
CREATE INDEX ix_queue_item_events_organization_unit_id ON queue_item_events (organization_unit_id);
CREATE INDEX ix_queue_item_events_queue_item_id ON queue_item_events (queue_item_id);
CREATE INDEX ix_processes_package_key ON processes (package_key);
CREATE INDEX ix_processes_feed_id ON processes (feed_id);
CREATE INDEX ix_attachments_organization_unit_id ON attachments (organization_unit_id);
CREATE UNIQUE INDEX ix_buckets_organization_unit_id_name ON buckets (organization_unit_id, name);
CREATE UNIQUE INDEX ix_bucket_files_bucket_id_path ON bucket_files (bucket_id, path);
CREATE INDEX ix_job_attachments_attachment_id ON job_attachments (attachment_id);
CREATE INDEX ix_job_attachments_job_key ON job_attachments (job_key);
CREATE INDEX ix_job_triggers_item_key ON job_triggers (item_key);
CREATE INDEX ix_job_triggers_job_id ON job_triggers (job_id);
CREATE INDEX ix_job_triggers_organization_unit_id ON job_triggers (organization_unit_id);
CREATE INDEX ix_job_triggers_status_trigger_type ON job_triggers (status, trigger_type);
CREATE INDEX ix_queue_retention_next_run ON queue_retention (next_run);
CREATE UNIQUE INDEX ix_queue_retention_queue_definition_id_type ON queue_retention (queue_definition_id, type);
CREATE INDEX ix_queue_items_next_deadline ON queue_items (next_deadline) WHERE next_deadline IS NOT NULL;
CREATE INDEX ix_bucket_folders_folder_id ON bucket_folders (folder_id);
CREATE INDEX ix_process_schedules_calendar_id ON process_schedules (calendar_id);
CREATE INDEX ix_process_schedules_due_at ON process_schedules (due_at);
CREATE UNIQUE INDEX ix_process_schedules_organization_unit_id_name ON process_schedules (organization_unit_id, name);
CREATE INDEX ix_process_schedules_release_id ON process_schedules (release_id);
CREATE INDEX ix_process_schedule_robots_robot_id ON process_schedule_robots (robot_id);
CREATE INDEX ix_jobs_starting_schedule_id ON jobs (starting_schedule_id);
CREATE INDEX ix_jobs_stop_at ON jobs (stop_at);
CREATE INDEX ix_queued_results_release_id ON queued_results (release_id);
CREATE INDEX ix_job_outcomes_next_at ON job_outcomes (next_at);
CREATE INDEX ix_jobs_overdue_at ON jobs (overdue_at);
CREATE INDEX ix_sessions_organization_unit_id ON sessions (organization_unit_id);
CREATE INDEX ix_sessions_state_reporting_time ON sessions (state, reporting_time);
CREATE INDEX ix_sessions_machine_id ON sessions (machine_id);
CREATE INDEX ix_sessions_job_id ON sessions (job_id);
CREATE INDEX ix_sessions_robot_id ON sessions (robot_id);
CREATE INDEX ix_audit_logs_execution_time ON audit_logs (execution_time);
CREATE INDEX ix_audit_log_entities_audit_log_id ON audit_log_entities (audit_log_id);
CREATE INDEX ix_queue_processing_records_recount_at ON queue_processing_records (recount_at);
CREATE INDEX ix_libraries_id_version ON libraries (id, version);
CREATE INDEX ix_machine_secrets_machine_id ON machine_secrets (machine_id);
CREATE INDEX ix_queue_folders_folder_id ON queue_folders (folder_id);
CREATE INDEX ix_webhook_deliveries_due_at ON webhook_deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_webhook_deliveries_webhook_id_id ON webhook_deliveries (webhook_id, id);
CREATE INDEX ix_alerts_id ON alerts (id);
CREATE INDEX ix_alerts_user_id_creation_time ON alerts (user_id, creation_time);
CREATE INDEX ix_alerts_user_id_state_creation_time ON alerts (user_id, state, creation_time);
CREATE INDEX ix_jobs_newest ON jobs (organization_unit_id, creation_time DESC);
CREATE INDEX ix_jobs_newest_of_state ON jobs (organization_unit_id, state, creation_time DESC);
CREATE INDEX ix_jobs_newest_of_robot ON jobs (robot_id, state, organization_unit_id, creation_time DESC);
COMMIT;
