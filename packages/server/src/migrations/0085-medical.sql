-- DICOM objects are found by study, series and instance: in a dataset for its series, in an organisation for DICOMweb.
create index items_series on items (dataset_id, coalesce(summary->>'seriesInstanceUid', 'none'), id) where kind = 'dicom' and deleted_at is null;
create index items_study on items (org_id, (summary->>'studyInstanceUid'), (summary->>'seriesInstanceUid'), (summary->>'sopInstanceUid')) where kind = 'dicom' and deleted_at is null;
create index items_instance on items (org_id, (summary->>'sopInstanceUid')) where kind = 'dicom' and deleted_at is null;
