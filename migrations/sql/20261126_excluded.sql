-- Counts by month the contacts that were recorded but do not count, in the transaction that records them.

CREATE FUNCTION usage_exclude() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO usage_excluded_month AS u (month, station_id, institution_id, park_id, category_code, contacts)
    SELECT date_trunc('month', e.day)::date, e.station_id, coalesce(e.institution_id, 0), t.park_id, t.category_code, count(*)
    FROM recorded AS e JOIN ticket AS t ON t.id = e.ticket_id
    WHERE NOT e.countable GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (month, station_id, institution_id, park_id, category_code) DO UPDATE SET contacts = u.contacts + excluded.contacts;
    RETURN NULL;
END $$;

CREATE TRIGGER service_event_excluded AFTER INSERT ON service_event
    REFERENCING NEW TABLE AS recorded FOR EACH STATEMENT EXECUTE FUNCTION usage_exclude();

INSERT INTO usage_excluded_month (month, station_id, institution_id, park_id, category_code, contacts)
SELECT date_trunc('month', e.day)::date, e.station_id, coalesce(e.institution_id, 0), t.park_id, t.category_code, count(*)
FROM service_event AS e JOIN ticket AS t ON t.id = e.ticket_id WHERE NOT e.countable GROUP BY 1, 2, 3, 4, 5;
