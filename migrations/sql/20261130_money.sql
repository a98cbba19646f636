-- The money ledger: its tables, the functions that alone write them, and what nobody may do.

CREATE TABLE credit_application (
    id BIGINT NOT NULL,
    enterprise_id BIGINT NOT NULL,
    ticket_id BIGINT,
    amount BIGINT NOT NULL,
    first_time BOOLEAN NOT NULL,
    points NUMERIC(7, 2),
    applied_on DATE NOT NULL,
    outcome TEXT,
    reason_code TEXT,
    answered_on DATE,
    line_id BIGINT,
    paid_on DATE,
    institution_id BIGINT NOT NULL,
    product_code TEXT NOT NULL,
    park_id BIGINT NOT NULL,
    industry_key TEXT NOT NULL,
    stage_code TEXT NOT NULL,
    CONSTRAINT pk_credit_application PRIMARY KEY (id),
    CONSTRAINT fk_credit_application_ticket_id_enterprise_id FOREIGN KEY(ticket_id, enterprise_id)
        REFERENCES ticket (id, enterprise_id),
    CONSTRAINT uq_credit_application_id_enterprise_id UNIQUE (id, enterprise_id),
    CONSTRAINT ck_credit_application_outcome CHECK (outcome IN ('approved', 'refused',
        'withdrawn')),
    CONSTRAINT ck_credit_application_reason_code CHECK (reason_code IN ('collateral',
        'credit_history', 'documents', 'industry', 'other', 'over_indebted', 'purpose',
        'repayment_capacity', 'too_young')),
    CONSTRAINT ck_credit_application_amount CHECK (amount >= 0),
    CONSTRAINT ck_credit_application_answered CHECK ((outcome IS NULL) = (answered_on IS NULL)),
    CONSTRAINT fk_credit_application_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES
        enterprise (id)
);
CREATE INDEX ix_credit_application_enterprise ON credit_application (enterprise_id, id);
CREATE INDEX ix_credit_application_institution ON credit_application (institution_id, id);
CREATE INDEX ix_credit_application_ticket ON credit_application (ticket_id, institution_id);

CREATE TABLE credit_line (
    id BIGINT NOT NULL,
    enterprise_id BIGINT NOT NULL,
    ticket_id BIGINT,
    application_id BIGINT NOT NULL,
    first_time BOOLEAN NOT NULL,
    revolving BOOLEAN NOT NULL,
    opened_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    amount BIGINT NOT NULL,
    drawn BIGINT NOT NULL,
    repaid BIGINT NOT NULL,
    overdue BIGINT NOT NULL,
    non_performing BIGINT NOT NULL,
    first_drawn_on DATE,
    closed BOOLEAN NOT NULL,
    institution_id BIGINT NOT NULL,
    product_code TEXT NOT NULL,
    park_id BIGINT NOT NULL,
    industry_key TEXT NOT NULL,
    stage_code TEXT NOT NULL,
    CONSTRAINT pk_credit_line PRIMARY KEY (id),
    CONSTRAINT fk_credit_line_application_id_enterprise_id FOREIGN KEY(application_id,
        enterprise_id) REFERENCES credit_application (id, enterprise_id),
    CONSTRAINT fk_credit_line_ticket_id_enterprise_id FOREIGN KEY(ticket_id, enterprise_id)
        REFERENCES ticket (id, enterprise_id),
    CONSTRAINT uq_credit_line_id_enterprise_id UNIQUE (id, enterprise_id),
    CONSTRAINT ck_credit_line_within CHECK (repaid >= 0 AND repaid <= drawn
        AND drawn - repaid <= amount AND (revolving OR drawn <= amount)),
    CONSTRAINT ck_credit_line_bad CHECK (overdue >= 0 AND overdue <= drawn - repaid
        AND non_performing >= 0 AND non_performing <= drawn - repaid),
    CONSTRAINT fk_credit_line_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id)
);
CREATE INDEX ix_credit_line_ends ON credit_line (ends_on) WHERE NOT closed;
CREATE INDEX ix_credit_line_enterprise ON credit_line (enterprise_id, id);
CREATE INDEX ix_credit_line_institution ON credit_line (institution_id, id);
CREATE INDEX ix_credit_line_ticket ON credit_line (ticket_id);

CREATE TABLE money_entry (
    booked_on DATE NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    enterprise_id BIGINT NOT NULL,
    ticket_id BIGINT,
    application_id BIGINT NOT NULL,
    line_id BIGINT,
    first_time BOOLEAN DEFAULT false NOT NULL,
    points NUMERIC(7, 2),
    revolving BOOLEAN,
    valid_until DATE,
    reason_code TEXT,
    slip_code TEXT DEFAULT '' NOT NULL,
    seq BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    day DATE NOT NULL,
    actor_person_id BIGINT,
    unique_key TEXT NOT NULL,
    reverses BIGINT,
    reason TEXT DEFAULT '' NOT NULL,
    digest_version SMALLINT DEFAULT '1' NOT NULL,
    prev BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    institution_id BIGINT NOT NULL,
    product_code TEXT NOT NULL,
    park_id BIGINT NOT NULL,
    industry_key TEXT NOT NULL,
    stage_code TEXT NOT NULL,
    CONSTRAINT pk_money_entry PRIMARY KEY (seq),
    CONSTRAINT fk_money_entry_ticket_id_enterprise_id FOREIGN KEY(ticket_id, enterprise_id)
        REFERENCES ticket (id, enterprise_id),
    CONSTRAINT uq_money_entry_seq_enterprise_id UNIQUE (seq, enterprise_id),
    CONSTRAINT fk_money_entry_reverses_enterprise_id FOREIGN KEY(reverses, enterprise_id)
        REFERENCES money_entry (seq, enterprise_id),
    CONSTRAINT fk_money_entry_application_id_enterprise_id FOREIGN KEY(application_id,
        enterprise_id) REFERENCES credit_application (id, enterprise_id),
    CONSTRAINT fk_money_entry_line_id_enterprise_id FOREIGN KEY(line_id, enterprise_id) REFERENCES
        credit_line (id, enterprise_id),
    CONSTRAINT ck_money_entry_kind CHECK (kind IN ('applied', 'approved', 'cancelled', 'changed',
        'drawn', 'expired', 'non_performing', 'overdue', 'refused', 'repaid', 'withdrawn')),
    CONSTRAINT ck_money_entry_reason_code CHECK (reason_code IN ('collateral', 'credit_history',
        'documents', 'industry', 'other', 'over_indebted', 'purpose', 'repayment_capacity',
        'too_young')),
    CONSTRAINT ck_money_entry_amount CHECK (reverses IS NOT NULL OR amount > 0 OR kind IN
        ('changed', 'non_performing', 'overdue')),
    CONSTRAINT ck_money_entry_days CHECK (day <= booked_on),
    CONSTRAINT fk_money_entry_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT uq_money_entry_unique_key UNIQUE (unique_key),
    CONSTRAINT uq_money_entry_reverses UNIQUE (reverses)
);
CREATE INDEX ix_money_entry_application ON money_entry (application_id);
CREATE INDEX ix_money_entry_day ON money_entry (day, seq);
CREATE INDEX ix_money_entry_enterprise ON money_entry (enterprise_id, seq);
CREATE INDEX ix_money_entry_institution ON money_entry (institution_id, seq);
CREATE INDEX ix_money_entry_line ON money_entry (line_id, seq);
CREATE INDEX ix_money_entry_ticket ON money_entry (ticket_id);

CREATE TABLE money_head (
    id SERIAL NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_money_head PRIMARY KEY (id),
    CONSTRAINT ck_money_head_only_one CHECK (id = 1)
);

CREATE TABLE money_anchor (
    day DATE NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_money_anchor PRIMARY KEY (day)
);

CREATE TABLE money_sum (
    span TEXT NOT NULL,
    cut TEXT NOT NULL,
    starts_on DATE NOT NULL,
    institution_id BIGINT NOT NULL,
    product_code TEXT NOT NULL,
    park_id BIGINT NOT NULL,
    industry_key TEXT NOT NULL,
    stage_code TEXT NOT NULL,
    booked_from DATE NOT NULL,
    applications BIGINT NOT NULL,
    applied BIGINT NOT NULL,
    refusals BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    approvals BIGINT NOT NULL,
    granted BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    used BIGINT NOT NULL,
    drawn BIGINT NOT NULL,
    repaid BIGINT NOT NULL,
    overdue BIGINT NOT NULL,
    non_performing BIGINT NOT NULL,
    CONSTRAINT pk_money_sum PRIMARY KEY (span, cut, starts_on, institution_id, product_code, park_id,
        industry_key, stage_code, booked_from),
    CONSTRAINT ck_money_sum_span CHECK (span IN ('day', 'month', 'year')),
    CONSTRAINT ck_money_sum_cut CHECK (cut IN ('all', 'each', 'industry', 'institution', 'park',
        'product', 'stage'))
);
CREATE INDEX ix_money_sum_booked ON money_sum (cut, booked_from) WHERE span = 'day';

CREATE TABLE money_correction (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    seq BIGINT NOT NULL,
    enterprise_id BIGINT NOT NULL,
    institution_id BIGINT NOT NULL,
    note TEXT NOT NULL,
    proposed_by_id BIGINT NOT NULL,
    proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_by_id BIGINT,
    decided_at TIMESTAMP WITH TIME ZONE,
    decision TEXT,
    CONSTRAINT pk_money_correction PRIMARY KEY (id),
    CONSTRAINT fk_money_correction_seq_enterprise_id FOREIGN KEY(seq, enterprise_id) REFERENCES
        money_entry (seq, enterprise_id),
    CONSTRAINT ck_money_correction_decision CHECK (decision IN ('confirmed', 'declined')),
    CONSTRAINT ck_money_correction_two_people CHECK (decided_by_id <> proposed_by_id),
    CONSTRAINT ck_money_correction_decided CHECK ((decision IS NULL) = (decided_at IS NULL) AND
        (decision IS NULL) = (decided_by_id IS NULL)),
    CONSTRAINT fk_money_correction_proposed_by_id FOREIGN KEY(proposed_by_id) REFERENCES person
        (id),
    CONSTRAINT fk_money_correction_decided_by_id FOREIGN KEY(decided_by_id) REFERENCES person (id)
);
CREATE UNIQUE INDEX uq_money_correction_open ON money_correction (seq) WHERE decision IS NULL;

CREATE TRIGGER money_entry_no_change BEFORE UPDATE OR DELETE ON money_entry
    FOR EACH ROW EXECUTE FUNCTION usage_refuse_change();
CREATE TRIGGER money_entry_no_truncate BEFORE TRUNCATE ON money_entry
    FOR EACH STATEMENT EXECUTE FUNCTION usage_refuse_change();

INSERT INTO money_head (id, seq, hash) VALUES (1, 0, '\x00');

-- An anchor that the product keeps says what the chain says, at a moment that has been.
CREATE FUNCTION money_anchor_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user <> (SELECT tableowner FROM pg_tables
            WHERE schemaname = TG_TABLE_SCHEMA AND tablename = TG_TABLE_NAME)
        AND NOT EXISTS (SELECT FROM money_entry WHERE seq = NEW.seq AND hash = NEW.hash)
        AND NOT (NEW.seq = 0 AND NEW.hash = decode('00', 'hex'))
    THEN
        RAISE EXCEPTION 'an anchor must be of the chain: entry % has another hash', NEW.seq
            USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.at := least(NEW.at, clock_timestamp());
    RETURN NEW;
END $$;
CREATE TRIGGER money_anchor_check BEFORE INSERT ON money_anchor
    FOR EACH ROW EXECUTE FUNCTION money_anchor_check();

-- What is hashed of an entry: everything it says, in one canonical JSON array.
CREATE FUNCTION money_digest(prev bytea, e money_entry) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT CASE e.digest_version
        WHEN 1 THEN sha256(prev || convert_to(jsonb_build_array(
            e.seq, extract(epoch FROM e.at), to_char(e.day, 'YYYY-MM-DD'),
            to_char(e.booked_on, 'YYYY-MM-DD'), e.kind, e.amount, e.enterprise_id, e.ticket_id,
            e.application_id, e.line_id, e.institution_id, e.product_code, e.park_id,
            e.industry_key, e.stage_code, e.first_time, e.points, e.revolving,
            to_char(e.valid_until, 'YYYY-MM-DD'), e.reason_code, e.slip_code, e.actor_person_id,
            e.unique_key, e.reverses, e.reason)::text, 'UTF8'))
    END
$$;

-- Holds a request, and with it its line, until the transaction ends: whoever decides by what they
-- stand at asks here first. The product's role may not lock rows of these tables itself.
CREATE FUNCTION money_hold(wanted bigint) RETURNS SETOF credit_application
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM credit_application WHERE id = wanted FOR UPDATE
$$;

-- Gives the first day on which a line is no longer valid, as its entries say.
CREATE FUNCTION money_line_end(wanted bigint) RETURNS date LANGUAGE sql STABLE AS $$
    WITH standing AS (
        SELECT e.seq, e.kind, e.day, e.valid_until FROM money_entry AS e
        WHERE e.line_id = wanted AND e.reverses IS NULL
            AND e.kind IN ('approved', 'changed', 'cancelled')
            AND NOT EXISTS (SELECT FROM money_entry AS r WHERE r.reverses = e.seq)
    )
    SELECT least(
        (SELECT valid_until + 1 FROM standing WHERE valid_until IS NOT NULL
            ORDER BY seq DESC LIMIT 1),
        (SELECT min(day) FROM standing WHERE kind = 'cancelled'))
$$;

-- Adds to the sums of days, months and years, once cut by everything, once by one thing each, once
-- by nothing; each of `added` is a day's row cut by everything.
CREATE FUNCTION money_add(added money_sum[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO money_sum AS m (span, cut, starts_on, institution_id, product_code, park_id,
        industry_key, stage_code, booked_from, applications, applied, refusals, refused, approvals,
        granted, lines, used, drawn, repaid, overdue, non_performing)
    SELECT span, cut, date_trunc(span, s.starts_on)::date,
        CASE WHEN cut IN ('each', 'institution') THEN s.institution_id ELSE 0 END,
        CASE WHEN cut IN ('each', 'product') THEN s.product_code ELSE '' END,
        CASE WHEN cut IN ('each', 'park') THEN s.park_id ELSE 0 END,
        CASE WHEN cut IN ('each', 'industry') THEN s.industry_key ELSE '' END,
        CASE WHEN cut IN ('each', 'stage') THEN s.stage_code ELSE '' END,
        date_trunc(span, s.booked_from)::date, sum(s.applications), sum(s.applied),
        sum(s.refusals), sum(s.refused), sum(s.approvals), sum(s.granted), sum(s.lines),
        sum(s.used), sum(s.drawn), sum(s.repaid), sum(s.overdue), sum(s.non_performing)
    FROM unnest(added) AS s (kept_span, kept_cut, starts_on, institution_id, product_code, park_id,
        industry_key, stage_code, booked_from, applications, applied, refusals, refused, approvals,
        granted, lines, used, drawn, repaid, overdue, non_performing)
    CROSS JOIN unnest(ARRAY['day', 'month', 'year']) AS span
    CROSS JOIN unnest(ARRAY['each', 'all', 'institution', 'product', 'park', 'industry', 'stage'])
        AS cut
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ON CONFLICT (span, cut, starts_on, institution_id, product_code, park_id, industry_key,
        stage_code, booked_from) DO UPDATE
    SET applications = m.applications + excluded.applications,
        applied = m.applied + excluded.applied, refusals = m.refusals + excluded.refusals,
        refused = m.refused + excluded.refused, approvals = m.approvals + excluded.approvals,
        granted = m.granted + excluded.granted, lines = m.lines + excluded.lines,
        used = m.used + excluded.used, drawn = m.drawn + excluded.drawn,
        repaid = m.repaid + excluded.repaid, overdue = m.overdue + excluded.overdue,
        non_performing = m.non_performing + excluded.non_performing
$$;

-- Gives what to add so that what happened on a day of a line counts from then until the line ends.
CREATE FUNCTION money_until(s money_sum, day date, ends_on date, lines bigint, used bigint)
RETURNS SETOF money_sum LANGUAGE plpgsql AS $$
BEGIN
    IF day >= ends_on OR (lines = 0 AND used = 0) THEN RETURN; END IF;
    s.starts_on := day; s.lines := lines; s.used := used;
    RETURN NEXT s;
    s.starts_on := ends_on; s.lines := -lines; s.used := -used;
    RETURN NEXT s;
END $$;

-- Appends entries in order in the caller's transaction and keeps requests, lines and sums. Returns
-- their numbers; an entry whose unique key is known changes nothing and returns the first one's
-- number. A request and a line have the number of the entry that begins them.
CREATE FUNCTION money_append_many(entries jsonb) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head money_head;
    entry jsonb;
    e money_entry;
    asked credit_application;
    line credit_line;
    none money_sum;
    s money_sum;
    added money_sum[] := '{}';
    past record;
    found_seq bigint;
    last_booked date;
    new_end date;
    one int;
    d_line bigint; d_used bigint; d_drawn bigint; d_repaid bigint; d_overdue bigint; d_bad bigint;
BEGIN
    SELECT * INTO STRICT head FROM money_head WHERE id = 1 FOR UPDATE;
    SELECT booked_on INTO last_booked FROM money_entry WHERE seq = head.seq;
    FOR entry IN
        SELECT value FROM jsonb_array_elements(entries) WITH ORDINALITY AS one(value, n) ORDER BY n
    LOOP
        SELECT seq INTO found_seq FROM money_entry WHERE unique_key = entry ->> 'unique_key';
        IF found THEN RETURN NEXT found_seq; CONTINUE; END IF;

        e := jsonb_populate_record(NULL::money_entry, entry);
        e.seq := head.seq + 1;
        -- The days of booking never go back: what was known on a day stays what was known then.
        e.booked_on := greatest(e.booked_on, last_booked);
        e.reason := coalesce(e.reason, '');
        e.slip_code := coalesce(e.slip_code, '');
        e.stage_code := coalesce(e.stage_code, '');
        e.industry_key := coalesce(e.industry_key, '');
        e.first_time := coalesce(e.first_time, false);
        e.digest_version := 1;
        one := CASE WHEN e.reverses IS NULL THEN 1 ELSE -1 END;

        IF e.kind = 'applied' AND e.reverses IS NULL THEN
            e.application_id := e.seq;
            INSERT INTO credit_application (id, enterprise_id, ticket_id, institution_id,
                product_code, park_id, industry_key, stage_code, amount, first_time, points,
                applied_on)
            VALUES (e.seq, e.enterprise_id, e.ticket_id, e.institution_id, e.product_code,
                e.park_id, e.industry_key, e.stage_code, 0, e.first_time, e.points, e.day);
        ELSE
            -- What is cut by is that of the request, whatever an entry says.
            SELECT * INTO STRICT asked FROM credit_application WHERE id = e.application_id;
            e.institution_id := asked.institution_id; e.product_code := asked.product_code;
            e.park_id := asked.park_id; e.industry_key := asked.industry_key;
            e.stage_code := asked.stage_code; e.first_time := asked.first_time;
            e.points := asked.points; e.ticket_id := asked.ticket_id;
        END IF;
        IF e.kind = 'approved' AND e.reverses IS NULL THEN
            e.line_id := e.seq;
            INSERT INTO credit_line (id, enterprise_id, ticket_id, application_id, institution_id,
                product_code, park_id, industry_key, stage_code, first_time, revolving, opened_on,
                ends_on, amount, drawn, repaid, overdue, non_performing, closed)
            VALUES (e.seq, e.enterprise_id, e.ticket_id, e.application_id, e.institution_id,
                e.product_code, e.park_id, e.industry_key, e.stage_code, e.first_time, e.revolving,
                e.day, e.valid_until + 1, 0, 0, 0, 0, 0, false);
        END IF;
        IF e.line_id IS NOT NULL THEN
            SELECT * INTO STRICT line FROM credit_line WHERE id = e.line_id;
            e.revolving := line.revolving;
        END IF;
        e.prev := head.hash;
        e.hash := money_digest(head.hash, e);
        INSERT INTO money_entry SELECT (e).*;
        head.seq := e.seq; head.hash := e.hash; last_booked := e.booked_on;

        d_line := CASE WHEN e.kind IN ('approved', 'changed') THEN e.amount ELSE 0 END;
        d_drawn := CASE WHEN e.kind = 'drawn' THEN e.amount ELSE 0 END;
        d_repaid := CASE WHEN e.kind = 'repaid' THEN e.amount ELSE 0 END;
        d_overdue := CASE WHEN e.kind = 'overdue' THEN e.amount ELSE 0 END;
        d_bad := CASE WHEN e.kind = 'non_performing' THEN e.amount ELSE 0 END;
        d_used := d_drawn - CASE WHEN e.revolving THEN d_repaid ELSE 0 END;

        none := ROW('day', 'each', e.day, e.institution_id, e.product_code, e.park_id,
            e.industry_key, e.stage_code, e.booked_on, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        s := none;
        s.applications := CASE WHEN e.kind = 'applied' THEN one ELSE 0 END;
        s.applied := CASE WHEN e.kind = 'applied' THEN e.amount ELSE 0 END;
        s.refusals := CASE WHEN e.kind = 'refused' THEN one ELSE 0 END;
        s.refused := CASE WHEN e.kind = 'refused' THEN e.amount ELSE 0 END;
        s.approvals := CASE WHEN e.kind = 'approved' THEN one ELSE 0 END;
        s.granted := d_line; s.drawn := d_drawn; s.repaid := d_repaid;
        s.overdue := d_overdue; s.non_performing := d_bad;
        added := array_append(added, s);

        IF e.line_id IS NOT NULL THEN
            new_end := line.ends_on;
            IF e.kind IN ('changed', 'cancelled') THEN
                new_end := coalesce(money_line_end(e.line_id), line.ends_on);
            END IF;
            IF new_end <> line.ends_on THEN
                FOR past IN
                    SELECT p.day,
                        sum(CASE WHEN p.kind IN ('approved', 'changed') THEN p.amount ELSE 0 END)
                            ::bigint AS lines,
                        sum(CASE WHEN p.kind = 'drawn' THEN p.amount
                            WHEN p.kind = 'repaid' AND p.revolving THEN -p.amount ELSE 0 END)
                            ::bigint AS used
                    FROM money_entry AS p WHERE p.line_id = e.line_id AND p.seq < e.seq
                    GROUP BY p.day
                LOOP
                    FOR s IN
                        SELECT * FROM money_until(none, past.day, line.ends_on, -past.lines,
                            -past.used)
                        UNION ALL
                        SELECT * FROM money_until(none, past.day, new_end, past.lines, past.used)
                    LOOP
                        added := array_append(added, s);
                    END LOOP;
                END LOOP;
            END IF;
            FOR s IN SELECT * FROM money_until(none, e.day, new_end, d_line, d_used) LOOP
                added := array_append(added, s);
            END LOOP;
            UPDATE credit_line
            SET amount = amount + d_line, drawn = drawn + d_drawn, repaid = repaid + d_repaid,
                overdue = overdue + d_overdue, non_performing = non_performing + d_bad,
                ends_on = new_end,
                closed = CASE WHEN e.kind IN ('expired', 'cancelled') THEN one = 1
                    ELSE closed END,
                first_drawn_on = CASE WHEN e.kind <> 'drawn' THEN first_drawn_on ELSE (
                    SELECT min(d.day) FROM money_entry AS d
                    WHERE d.line_id = e.line_id AND d.kind = 'drawn' AND d.reverses IS NULL
                        AND NOT EXISTS (SELECT FROM money_entry AS r WHERE r.reverses = d.seq)
                ) END
            WHERE id = e.line_id RETURNING * INTO line;
        END IF;

        IF e.kind = 'applied' THEN
            UPDATE credit_application SET amount = amount + e.amount WHERE id = e.application_id;
        ELSIF e.kind IN ('approved', 'refused', 'withdrawn') AND one = 1 THEN
            UPDATE credit_application
            SET outcome = e.kind, answered_on = e.day, reason_code = e.reason_code,
                line_id = e.line_id
            WHERE id = e.application_id;
        ELSIF e.kind IN ('approved', 'refused', 'withdrawn') THEN
            UPDATE credit_application
            SET outcome = NULL, answered_on = NULL, reason_code = NULL, line_id = NULL
            WHERE id = e.application_id;
        ELSIF e.kind = 'drawn' THEN
            UPDATE credit_application SET paid_on = line.first_drawn_on
            WHERE id = e.application_id AND paid_on IS DISTINCT FROM line.first_drawn_on;
        END IF;
        RETURN NEXT e.seq;
    END LOOP;
    PERFORM money_add(added);
    UPDATE money_head SET seq = head.seq, hash = head.hash WHERE id = 1;
END $$;

-- Appends one entry; a repetition is answered without waiting for the head.
CREATE FUNCTION money_append(entry jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_seq bigint;
BEGIN
    SELECT seq INTO found_seq FROM money_entry WHERE unique_key = entry ->> 'unique_key';
    IF found THEN RETURN found_seq; END IF;
    RETURN (SELECT money_append_many(jsonb_build_array(entry)));
END $$;
