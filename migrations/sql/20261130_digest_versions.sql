-- Each entry says which version of the digest it bears; those that are there bear the first.

ALTER TABLE usage_entry ADD COLUMN digest_version smallint NOT NULL DEFAULT 1;

-- What is hashed of an entry: everything it says, in one canonical JSON array. A version stays as
-- it was, for the entries that bear it; of one that is not known here there is no digest.
CREATE OR REPLACE FUNCTION usage_digest(prev bytea, e usage_entry) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT CASE e.digest_version
        WHEN 1 THEN sha256(prev || convert_to(jsonb_build_array(
            e.seq, extract(epoch FROM e.at), to_char(e.day, 'YYYY-MM-DD'), e.measure, e.quantity,
            e.minutes, e.persons, e.ticket_id, e.enterprise_id, e.station_id, e.institution_id,
            e.park_id, e.category_code, e.service_code, e.service_event_id, e.rule_version,
            e.actor_person_id, e.unique_key, e.reverses, e.reason)::text, 'UTF8'))
    END
$$;

-- Appends entries in order in the caller's transaction and keeps the rollups. Returns their
-- numbers; an entry whose unique key is known changes nothing and returns the first one's number.
-- The head is read and written once, however many entries there are: a row written a thousand times
-- in one transaction is read through a thousand versions.
CREATE OR REPLACE FUNCTION usage_append_many(entries jsonb) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head usage_head;
    entry jsonb;
    e usage_entry;
    found_seq bigint;
    institution bigint;
    d_events int; d_cases int;
BEGIN
    SELECT * INTO STRICT head FROM usage_head WHERE id = 1 FOR UPDATE;
    FOR entry IN
        SELECT value FROM jsonb_array_elements(entries) WITH ORDINALITY AS one(value, n) ORDER BY n
    LOOP
        SELECT seq INTO found_seq FROM usage_entry WHERE unique_key = entry ->> 'unique_key';
        IF found THEN RETURN NEXT found_seq; CONTINUE; END IF;

        e := jsonb_populate_record(NULL::usage_entry, entry);
        e.seq := head.seq + 1;
        e.month := date_trunc('month', e.day)::date;
        e.reason := coalesce(e.reason, '');
        e.digest_version := 1;
        e.prev := head.hash;
        e.hash := usage_digest(head.hash, e);
        INSERT INTO usage_entry SELECT (e).*;
        head.seq := e.seq; head.hash := e.hash;

        institution := coalesce(e.institution_id, 0);
        d_events := CASE WHEN e.measure = 'event' THEN e.quantity ELSE 0 END;
        d_cases := CASE WHEN e.measure = 'case' THEN e.quantity ELSE 0 END;
        INSERT INTO usage_month AS u (month, station_id, institution_id, park_id, service_code,
            category_code, events, cases, minutes, persons)
        VALUES (e.month, e.station_id, institution, e.park_id, e.service_code, e.category_code,
            d_events, d_cases, e.quantity * e.minutes, e.quantity * e.persons)
        ON CONFLICT (month, station_id, institution_id, park_id, service_code) DO UPDATE
            SET events = u.events + excluded.events, cases = u.cases + excluded.cases,
                minutes = u.minutes + excluded.minutes, persons = u.persons + excluded.persons;
        INSERT INTO usage_enterprise_month AS u (month, enterprise_id, station_id, institution_id,
            park_id, category_code, events, cases, minutes)
        VALUES (e.month, e.enterprise_id, e.station_id, institution, e.park_id, e.category_code,
            d_events, d_cases, e.quantity * e.minutes)
        ON CONFLICT (month, enterprise_id, station_id, institution_id, park_id, category_code)
            DO UPDATE SET events = u.events + excluded.events, cases = u.cases + excluded.cases,
                minutes = u.minutes + excluded.minutes;
        RETURN NEXT e.seq;
    END LOOP;
    UPDATE usage_head SET seq = head.seq, hash = head.hash WHERE id = 1;
END $$;
