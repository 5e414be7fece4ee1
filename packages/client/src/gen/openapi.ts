// Made from docs/openapi.json by npm run generate; changes belong into the routes' schemas.

export interface paths {
    "/api/v1/queue/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * A new token for the place I have
         * @description For who lost the token. The place stays; the old token is worth nothing from then on. An `Idempotency-Key` is passed over: each request makes a new token, of which only a hash is kept, so that the answer that came last has the good one.
         */
        put: operations["reissueToken"];
        /**
         * Join the waiting room of a schedule
         * @description ACTIVE at once where nobody waits and there is room; also then the place has to be used or asked for within 90 s. One live place a user and schedule. After a 503 the place may have been given all the same: joining again is 409 QUEUE_TOKEN_EXISTS then, and PUT gives its token. Where joins are checked against bots, `checkAnswer` answers a challenge of getChallenge; a join that is repeated because its answer was lost may send the same one. Admins are not checked. An `Idempotency-Key` is passed over: the schedule and the user name the place, and the token, of which only a hash is kept, could not be given again.
         */
        post: operations["joinWaitingRoom"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queue/schedules/{scheduleId}/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What has to be answered before I may join
         * @description A join that is refused with JOIN_CHECK_REQUIRED needs the answer to a challenge as `checkAnswer`. `none`: nothing is asked. `proof-of-work`: find a whole number n from 0 on such that the SHA-256 of the text `<challenge>.<n>` begins with `difficulty` zero bits; that text is the answer. It is of this user and this schedule, until `expiresAt`, and brings one place. `turnstile` and `hcaptcha`: show the provider's widget with `siteKey`; its response is the answer. Where the widget can't be loaded, send any text: it is let through where the provider is away for the service too, and joins go on then. The schedule is not looked up.
         */
        get: operations["getChallenge"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queue/tokens/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where am I
         * @description Asking keeps the place: WAITING for another 12 h, and ACTIVE for who has not been seen since the admission. It is answered while Redis or PostgreSQL is away. A 503 loses no place: ask again.
         */
        get: operations["getPlace"];
        put?: never;
        post?: never;
        /**
         * Leave
         * @description Gives the place up. The second time changes nothing and is answered alike, so that an `Idempotency-Key` is passed over. After a 503 it may be asked again.
         */
        delete: operations["leaveWaitingRoom"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queue/tokens/me/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where am I, as Server-Sent Events
         * @description Event `place` (data as of getPlace) at once and on every change of status, sequence, position or deadline. Event `room` (`{scheduleId, paused, serverTime}`) when the room is paused or resumed, and after the first `place` where it is paused then. Event `ended` (`{status: EXPIRED | LEFT | USED | REISSUED, scheduleId, serverTime}`) when the place has ended, and then the stream ends. A comment every 15 s keeps it open; a reader that takes nothing is cut off. Ids name what the reader knows, on every instance alike: who reconnects with `Last-Event-ID`, as an EventSource does by itself, gets only what changed since, also the `ended` it missed, and 204 where it has that. An open stream counts as being seen. It stays open while Redis or PostgreSQL is away; an end that comes meanwhile is told when PostgreSQL is back.
         */
        get: operations["streamPlace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queue/schedules/{scheduleId}/now-serving": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far the line is
         * @description One small answer for everybody, kept for a second by the gateway. A token's `sequence` minus `nowServing` is its place, or a little more where people before it have left.
         */
        get: operations["getNowServing"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queue/schedules/{scheduleId}/fairness": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All that is needed to check the draw and the order of admissions
         * @description Who comes before the opening is put in random order by a seed whose SHA-256 is public before and which is public after. Every admission, and every end of a place that did not show up or stayed to its absolute end, is an entry of a hash chain. docs/fairness.md says how to replay both; `npm run verify-fairness` does it.
         */
        get: operations["getFairness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/queues/{scheduleId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch one waiting room
         * @description Needs the role `admin` or `operator`.
         */
        get: operations["getWaitingRoom"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Steer one waiting room while it runs
         * @description What is left out stays. It holds from the next admission on; who is ACTIVE already stays so. The answer has the new limits, and the counts of the moment before.
         *
         *     Needs the role `admin` or `operator`.
         */
        patch: operations["steerWaitingRoom"];
        trace?: never;
    };
    "/api/v1/concerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Concerts, newest first
         * @description Those that have all of what is looked for.
         */
        get: operations["listConcerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/concerts/{concertId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One concert */
        get: operations["getConcert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/concerts/{concertId}/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** When and where a concert is performed */
        get: operations["listSchedules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/concerts/{concertId}/schedules/{scheduleId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One schedule, with seats left and prices */
        get: operations["getSchedule"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The seat map
         * @description A change is visible within a second. All seats of a cancelled schedule are SOLD_OUT. Send the ETag of the last answer as If-None-Match; a map that did not change is 304. Compressed by brotli or gzip where Accept-Encoding allows it. For a large hall, read the layout once and the states in their compact form. A bearer token is not needed; where one is sent, the queue token must be of its user.
         */
        get: operations["showSeats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats/states": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The states of all seats, compact
         * @description One letter a seat in the order of the layout, which is that of the ids: the letter at index 0 is of seat 1. `A` is AVAILABLE, `H` is HOLD, `S` is SOLD_OUT, `B` is BLOCKED (kept back by the house); a client should show a letter that it does not know as not available. 10,000 seats are 10 kB, and 2 kB compressed. As fresh as the map, with an ETag of its own.
         */
        get: operations["showSeatStates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats/layout/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Layout and prices of a seat map
         * @description All of the seats but their states, in the order of their ids. An address never answers anything else, so that browsers and caches may keep the answer for good; a schedule that gets more seats gets another one, which `layoutEndpoint` of the seat map names. The older address still answers, with the seats that there were.
         */
        get: operations["showSeatLayout"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats/{seatId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One seat of the map
         * @description As fresh as the map.
         */
        get: operations["showSeat"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Seat changes as they happen
         * @description Server-Sent Events: `snapshot` with `{scheduleId, layoutVersion, seats:[{seatId, status}]}` of every seat that is not AVAILABLE, all others are; another one comes with another `layoutVersion` when seats were added, which the seat map then has; then `change` with `{seats:[{seatId, status}]}` each time some change. Each has an `id`; who connects again with it as Last-Event-ID gets one `change` with what was missed, nothing where that is nothing, or a `snapshot` where it is too long ago. At last `end` with `{reason}`: `TOKEN_ENDED` within 2 s after the queue token was left, reissued or used or has run out (a hold that extends the token extends the stream), `TOKEN_UNVERIFIED` when for 30 s nobody could say whether it has, `STOPPING` when the server stops. A comment every 15 s. A reader that does not keep up is cut off and should connect again.
         */
        get: operations["streamSeats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/schedules/{scheduleId}/seats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The seat map, to run an on-sale
         * @description As `GET /concerts/{concertId}/schedules/{scheduleId}/seats` answers those who were let in, without a queue token: the same seats in the same freshness, with the same ETag. BLOCKED seats are those that the house keeps back.
         *
         *     Needs the role `admin` or `operator`.
         */
        get: operations["showAdminSeats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Take seats off sale for the house, or put them back
         * @description BLOCKED takes all of the seats off sale or, where somebody holds or has bought one, none: 409 SEAT_TAKEN with these in `details.seatIds`. AVAILABLE puts those back that are BLOCKED and leaves the others as they are. More of them than one person may have (SEATS_PER_USER_MAX) come back together, at a second that is drawn from the next 11 and told to nobody: they can be held from the moment on at which every map and stream shows them, and are BLOCKED until then. The seat map shows anything else within a second. `If-Match` takes the ETag of the schedule, which stays the same.
         *
         *     Needs the role `admin` or `operator`.
         */
        patch: operations["changeSeats"];
        trace?: never;
    };
    "/api/v1/admin/schedules/{scheduleId}/seats/states": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The states of all seats, compact, to run an on-sale
         * @description As the compact map of those who were let in, without a queue token; `layoutEndpoint` is where the layout is, which everybody may read. A console asks once a second with If-None-Match, and reads the layout once.
         *
         *     Needs the role `admin` or `operator`.
         */
        get: operations["showAdminSeatStates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which roles the token has here
         * @description As `ROLES_CLAIM` and `ROLE_MAPPING` read them. Who has none is no member of the staff, and is answered 403.
         *
         *     Needs the role `admin` or `operator` or `finance` or `door`.
         */
        get: operations["getOwnRoles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/venues": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Venues, newest first
         * @description Needs the role `admin` or `operator`.
         */
        get: operations["listVenues"];
        put?: never;
        /**
         * Create a venue
         * @description Dates and times of its performances are shown and asked for in its time zone.
         *
         *     Needs the role `admin` or `operator`.
         */
        post: operations["createVenue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/venues/{venueId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One venue
         * @description Needs the role `admin` or `operator`.
         */
        get: operations["getVenue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a venue
         * @description What is left out stays. Performances stay at their moments: another time zone only changes the dates and times that are shown for them, within a second.
         *
         *     Needs the role `admin` or `operator`.
         */
        patch: operations["changeVenue"];
        trace?: never;
    };
    "/api/v1/admin/concerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Concerts, newest first
         * @description Those that have all of what is looked for. Pages go on where they were, whatever is deleted meanwhile.
         *
         *     Needs the role `admin` or `operator`.
         */
        get: operations["listAdminConcerts"];
        put?: never;
        /**
         * Create a concert
         * @description Needs the role `admin` or `operator`.
         */
        post: operations["createConcert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/concerts/{concertId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One concert, to change it
         * @description Needs the role `admin` or `operator`.
         */
        get: operations["getAdminConcert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Rename or describe a concert
         * @description What is left out stays; null takes the artist or the description away. Its schedules show a new title within a second.
         *
         *     Needs the role `admin` or `operator`.
         */
        patch: operations["changeConcert"];
        trace?: never;
    };
    "/api/v1/admin/concerts/{concertId}/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A concert's schedules, newest first
         * @description Of any date, and of any status where none is asked for.
         *
         *     Needs the role `admin` or `operator`.
         */
        get: operations["listAdminSchedules"];
        put?: never;
        /**
         * Create a schedule with its seats
         * @description By default 10 to 10,000 seats in all. Seat ids run from 1 in the order of the sections; rows are A, B, … Z, AA, … in each section, and a section that is named twice (e.g. in two grades) goes on with its next row. The waiting room opens with the booking where waitingRoomOpenAt is left out.
         *
         *     Needs the role `admin` or `operator`.
         */
        post: operations["createSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Schedules of all concerts, what is on sale or about to be first
         * @description First those that are ON_SALE, the soonest `bookingOpenAt` first: what is being sold, then what opens next. Then those that are CLOSED or CANCELLED, the latest `bookingOpenAt` first. The pages of one list are of the moment of its first page: booking that opens or closes meanwhile moves no row, and pages go on where they were, whatever is deleted. `status` in the query is as of that moment, too, and `status` of a row is as of now, so a later page of ON_SALE may show one as CLOSED. What an admin changes meanwhile may be shown twice or not at all.
         *
         *     Needs the role `admin` or `operator` or `finance` or `door`.
         */
        get: operations["listAllSchedules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/schedules/{scheduleId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One schedule, to change it
         * @description Of a CANCELLED schedule, `cancellation` tells how far its reservations and refunds are. It is done when `cancelled` has come to `reservations` and `refundsPending` to 0; until then it goes on by itself, whatever is restarted.
         *
         *     Needs the role `admin` or `operator` or `finance` or `door`.
         */
        get: operations["getAdminSchedule"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Open, close or cancel a schedule, move its times, or change its settings
         * @description What is left out stays; all services follow within 2 s. CLOSED stops new holds and may be opened again. CANCELLED is final: every confirmed reservation is refunded, whatever `refundableUntil` says; `GET` tells how far that is. `refundableUntil` counts from now on also for what is paid already; null takes it away. `noOrphanSeats` counts for choices of seats from now on. Times follow the rules of a new schedule. A waiting room that opens with the booking moves with it. `performanceAt` moves only while nobody has a seat and nobody can get one: earlier than 6 minutes before booking opens, or from 6 minutes after the schedule was closed on (`details.movableAt`). All times stay once the performance has begun. Else: 409 SCHEDULE_NOT_CHANGEABLE.
         *
         *     Needs the role `admin` or `operator`.
         */
        patch: operations["changeSchedule"];
        trace?: never;
    };
    "/api/v1/admin/schedules/{scheduleId}/sections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a section to a schedule
         * @description Its seats get the ids behind those that there are, and are on sale within 2 s. A section that there is already goes on with its next row; a grade that there is already keeps its price. Seats are never taken away.
         *
         *     Needs the role `admin` or `operator`.
         */
        post: operations["addSection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reservations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** My reservations, newest first */
        get: operations["listReservations"];
        put?: never;
        /**
         * Hold seats for five minutes, all or none
         * @description A seat is held by one person at a time. Outside the on-sale window 409 BOOKING_NOT_OPEN says why in `details`: `{phase, bookingOpenAt, bookingCloseAt, performanceAt}`, where `phase` is NOT_OPEN, CLOSED, CANCELLED or BEGUN. With `Idempotency-Key` a repeated request (the same seats in any order are the same request) gets the answer of the first one, byte for byte: `holdSecondsLeft`, `remainingAllowance` and `releasesLeft` are then still those of the moment of the hold. A refusal leaves the key free, since a seat may come free again. `expiresAt` holds good; `GET /reservations/{reservationId}` tells the seconds that are left now.
         *
         *     With `Prefer: respond-async` the answer is 202 at once, with a job that holds the seats when its turn comes: `curl -i -H "$ME" -H "Queue-Token: $TOKEN" -H "Prefer: respond-async" -H "Content-Type: application/json" -d '{"scheduleId":1,"quantity":2}' $API/reservations`, then `GET` the `Location`. A request that nobody could make is refused at once, as without it. More open jobs of one schedule than you may have seats are 429 RATE_LIMITED, and where the line is too long for its end to be reached in time it is 503; both have `Retry-After`, and nothing was accepted.
         *
         *     **Best available.** `{"scheduleId":1,"quantity":2,"grade":"VIP"}` holds free seats side by side in one row. Of all such groups, these go first: what makes the fewest new single seats (free ones with nobody free beside them); what leaves that row room for as many other parties of the same size; the section that comes first in the schedule; what is nearest to the middle of the section's front row, as the crow flies, a row being as deep as two seats are wide. The middle is that of the row's seat numbers. Each section has a middle and a front of its own, because a schedule does not say where sections lie; their order is the one in which the schedule was made with them. Where no row has room, it is 409 SEAT_TAKEN with `details` `{seatIds: [], requested, available, largestGroup, splitWouldDo}`. With `allowSplit: true` the party then sits apart: in the fewest rows and in the fewest groups. While enough seats are left, everybody who asks at once is served.
         *
         *     **Orphans.** Where the schedule has `noOrphanSeats`, seats that are named are refused with 422 ORPHAN_SEAT if they would leave a single free seat between two that are taken, or between one that is taken and the end of the row; `details.seatIds` are those single seats. It is not refused where no choice can help it: where nowhere in the schedule as many seats of a chosen grade lie side by side that would leave none. It is looked at before the hold, so two people at the same moment may still leave one between them.
         *
         *     **Prices.** `price` or `totalAmount` is what you saw. If it is not so: 409 PRICE_CHANGED with `details` `{field, seen, now}`, and nothing is held. With `quantity` the seats are picked among those that cost `price` each: `{"scheduleId":1,"quantity":1,"price":1000}` holds one for 1000 where a cheaper section comes first. A `totalAmount` without a `price` is taken for `quantity` seats of one price where some cost that, and else compared with what was picked. PRICE_CHANGED then says that no seat of the wish, free or not, has that price; `now` is the lowest there is, and `prices` are all of them where they are several. Where none are left at the price it is SEAT_TAKEN. What is held or sold keeps its price.
         *
         *     **Giving back.** Seats that you take and do not keep count, so that nobody keeps them from the others by holding them again and again: those of a hold that you give back or let run out, and of a reservation that you cancel after you paid, once for the hold and once more for each refresh. A payment that fails counts nothing by itself. After 36 of one schedule (`RELEASES_MAX`) within an hour of their holds (`RELEASES_WINDOW_MS`), a new hold is 429 RELEASE_LIMIT_EXCEEDED with `Retry-After` and `details` `{limit, holdAgainAt}`; what you hold or have bought stays yours, and can be paid and refreshed. `releasesLeft` says how many there are left. What an admin or the end of a schedule cancels is not counted.
         *
         *     **Which refusal.** The first of these that applies: the shape of the request (400), who you are and your place in line (401, 403), the schedule and its seats (404, 409 BOOKING_NOT_OPEN), your limits (422 SEAT_LIMIT_EXCEEDED, 429 RELEASE_LIMIT_EXCEEDED), the price (409 PRICE_CHANGED), and what is free (409 SEAT_TAKEN, 422 ORPHAN_SEAT).
         */
        post: operations["holdSeats"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reservations/{reservationId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One reservation, with the hold's seconds left
         * @description For other people it needs the role `admin` or `finance`.
         */
        get: operations["getReservation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reservations/{reservationId}/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a live hold its full length again, twice at most
         * @description Also after booking has closed, until the show begins or is cancelled: then 409 RESERVATION_NOT_REFRESHABLE, with `details` as of BOOKING_NOT_OPEN. With `Idempotency-Key` a repeat uses up no further extension: it has the first answer, whose `holdSecondsLeft` is of that moment, and is not asked for a queue token that is good. A refusal leaves the key free.
         */
        post: operations["refreshHold"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reservations/{reservationId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a hold or a confirmed reservation up
         * @description The seats are free at once. Cancelling again changes nothing and is answered the same; only `refund.status` tells how far the money of a confirmed one is by then (PENDING at first, and REFUNDED once it is back, as in `GET /reservations/{reservationId}`). With the same `Idempotency-Key` it is the first answer again. Seats that are given back count, as `POST /reservations` says; `onceReleased` of the reservation tells how you stand then. A reservation is cancelled as a whole: giving back some of its seats is out of scope. One with a ticket that was used at a door is 409 TICKET_USED. From `refundableUntil` of its schedule on, a confirmed one is 422 NOT_REFUNDABLE, and once the show has begun 409 RESERVATION_NOT_CANCELLABLE, except for admins; a hold can still be given up. The role `finance` refunds what others have paid as admins do. Somebody else's hold is 403 for it, and its own reservations follow the rules for buyers.
         *
         *     For other people it needs the role `admin` or `finance`.
         */
        post: operations["cancelReservation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{jobId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What has become of a request that was answered with 202
         * @description A request with `Prefer: respond-async` is answered with 202 and a job. `hold`: jobs of one schedule run in the order in which they were accepted; `result` is the hold, whose five minutes begin when it is made. A job needs its queue token to be ACTIVE when its turn comes, and fails with QUEUE_TOKEN_INVALID where it has ended. One that can't be done in two minutes fails with TIMEOUT and holds nothing. It is kept for an hour after its end. `pay`: the job's id is that of the payment.
         *
         *     Example: `curl -H "$ME" "$API/jobs/$JOB?wait=10"` answers as soon as the job has ended, and after 10 seconds in any case.
         */
        get: operations["getJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Holds that were asked for as jobs, newest first
         * @description Of everybody, for as long as jobs are kept: an hour after their end by default. `?status=failed` shows what came to nothing, whose it was and why. Payments are jobs too, but are not in this list: `GET /admin/audit` counts those that stand still.
         *
         *     Needs the role `admin`.
         */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/schedules/{scheduleId}/sales": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a schedule sells: its seats, reservations and refused holds
         * @description Counted once a second at most, by each instance, for however many ask; `serverTime` is the moment of the count. Refused holds are those of people who were let in. They are counted in memory and stored once a second, so their numbers are about right: what the last second refused may be missing, an instance that is killed loses its last second of them, and a job (`Prefer: respond-async`) that runs again after its instance was killed may count twice. All other numbers here are exact.
         *
         *     Needs the role `admin` or `operator` or `finance`.
         */
        get: operations["getSales"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reservations/{reservationId}/ticket": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The tickets of a confirmed reservation, one for each seat
         * @description Each seat has a code of its own, so that the people of one reservation can come in apart. Who has the code has the seat: show it to its owner only. A reservation that is not CONFIRMED is 409 RESERVATION_NOT_CONFIRMED, with `details` `{status, cancelledAt}`.
         */
        get: operations["getTickets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tickets/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The public keys that tickets are verified by, also without a connection
         * @description A JSON Web Key Set (RFC 7517), without the envelope of other answers. The first key signs; the others are of tickets that were handed out before, or the one that signs next. docs/tickets.md has what a code holds and how to verify it. It changes seldom and may be kept for five minutes; a door that goes offline takes it along.
         */
        get: operations["getTicketKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/tickets/check-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let one person in with the code of a ticket, once
         * @description A door names its `scheduleId`, so that a ticket of another show is 422 TICKET_OF_OTHER_SCHEDULE. The second time a ticket is shown it is 409 TICKET_USED, with `details` `{reservationNumber, seat, checkedInAt, checkedInBy}`: when it was used before, and by whose token. After a cancellation it is 409 RESERVATION_NOT_CONFIRMED. What is forged, damaged or of another installation is 422 TICKET_INVALID. Two doors at the same moment admit one.
         *
         *     With `Idempotency-Key`, one for each scan, a door that lost the answer asks again and gets it: the person is let in by the first answer. A refusal leaves the key free.
         *
         *     `curl -H "$ADMIN" -H "Idempotency-Key: door-1-scan-118" -H "Content-Type: application/json" -d '{"code":"eyJ…","scheduleId":1}' $API/admin/tickets/check-in`
         *
         *     Needs the role `admin` or `door`.
         */
        post: operations["checkInTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/schedules/{scheduleId}/check-ins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many people of a show are in
         * @description Needs the role `admin` or `operator` or `door`.
         */
        get: operations["getCheckIns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pay for a hold
         * @description A live hold is the right to pay, whatever has become of the place in the waiting room; no queue token is looked at. Waits up to 5 s for the saga to settle. 202 means that it goes on: ask the Location, or send the same request with the same key again, which waits again for the same payment. With `Prefer: respond-async` the answer is 202 as soon as the payment has begun, and `GET /api/v1/jobs/{jobId}` tells of it. A refusal is final for its key, whatever changes later: that of a payment that has begun (its `details` have `paymentId`, `status`, `reason` and `moneyMoved`) as well as one that was decided before by what the reservation was; a new try needs a new key. 400, 401, 403, 413, 415, 429, 503 and 504 leave the key free; 503 is for payments that could not be begun in time, of which nothing was taken. A hold can be paid until it runs out or its show begins, also after booking has closed; a payment that began before the show did goes on to its end, with the seats or with the money back.
         */
        post: operations["pay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/payments/{paymentId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One payment, with its reservation and the steps of its saga
         * @description The reservation is shown as it is now, whatever became of the payment. A reservation is paid for, cancelled and refunded as a whole: there are no refunds of some of its seats.
         *
         *     For other people it needs the role `admin` or `finance`.
         */
        get: operations["getPayment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/providers/stripe/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stripe's webhook
         * @description For Stripe, which signs each event with `STRIPE_WEBHOOK_SECRET`; without that setting this is 404 NOT_FOUND. An event of a payment makes us ask Stripe what has become of it, and is not believed by itself. Disputes and refunds that were made at Stripe are noted once, for admins. Events may come repeatedly and in any order; their ids are what an `Idempotency-Key` is elsewhere.
         */
        post: operations["takeStripeEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Messages that could not be handled, newest first
         * @description Needs the role `admin`.
         */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/dead-letters/{deadLetterId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publish a parked message again, for the service that parked it
         * @description It is published once: a repeat has the same answer, and one that comes while it is being published is 409. A message that fails again is parked anew, under another id. Handled messages are recognised by their id, so a retry never takes effect twice.
         *
         *     Needs the role `admin`.
         */
        post: operations["retryDeadLetter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check the invariants on the data of all services
         * @description Needs the role `admin` or `finance`.
         */
        get: operations["audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/schedules/{scheduleId}/money": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The money of a schedule: taken, given back, on its way
         * @description Counted once a second at most, by each instance, for however many ask; `serverTime` is the moment of the count. `taken` less `refunded` is what is kept. It is what the sagas know: `GET /admin/audit` compares them with the wallets, the card provider and the reservations.
         *
         *     Needs the role `admin` or `finance`.
         */
        get: operations["getMoney"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What admins did, newest first
         * @description Every write by the role admin, or by one that the route names, at every service, refused ones too; input that breaks a rule of its schema is refused before. The log is kept for good and nobody can change it by the API.
         *
         *     Needs the role `admin` or `finance`.
         */
        get: operations["listAdminActions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Mails and what became of them, newest first
         * @description A mail that the mail server refused for good, or that could not be sent for hours, is FAILED. Kept for 30 days by default.
         *
         *     Needs the role `admin`.
         */
        get: operations["listNotices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/notices/{noticeId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a mail again that FAILED
         * @description It goes to the address that the user's latest payment named.
         *
         *     Needs the role `admin`.
         */
        post: operations["retryNotice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Webhooks, newest first
         * @description Needs the role `admin`.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Register a webhook
         * @description Each event is posted as `{type, timestamp, data}`, signed as [Standard Webhooks](https://www.standardwebhooks.com) says: `webhook-id`, `webhook-timestamp`, `webhook-signature`. Any answer of 200 to 299 within 10 s is a success. Others are tried again later and later, for a day; redirects are not followed. 410 disables the webhook, and so does a failure of three days. An event may come twice: compare `webhook-id`. Events of one reservation come in the order in which they were written, but for those of different topics (`payment.…`, `reservation.…`), which tell their `timestamp`. Secrets are stored in a form that can sign.
         *
         *     Needs the role `admin`.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{webhookId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One webhook
         * @description Needs the role `admin`.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /**
         * Delete a webhook, with its log
         * @description Needs the role `admin`.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Change a webhook
         * @description What is left out stays. DISABLED gets no more events, and what waits for it fails; ENABLED begins anew with the next event.
         *
         *     Needs the role `admin`.
         */
        patch: operations["changeWebhook"];
        trace?: never;
    };
    "/api/v1/admin/webhooks/{webhookId}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a webhook another secret
         * @description For `previousValidHours` each delivery has a signature by both secrets, so that the receiver can change over at any time. 0 is for a secret that has leaked. Two are valid at once at most.
         *
         *     Needs the role `admin`.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{webhookId}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was delivered to a webhook, newest first
         * @description Kept for 30 days by default.
         *
         *     Needs the role `admin`.
         */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/webhooks/{webhookId}/deliveries/{deliveryId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deliver something again
         * @description Whatever has become of it, it goes out within a second or two, under its old `webhook-id`, and is tried for a day. One that waits for another of its subject goes on waiting, and one that is being sent is not sent a second time meanwhile.
         *
         *     Needs the role `admin`.
         */
        post: operations["retryWebhookDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{userId}/balance/charge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put money into a wallet, from a card
         * @description By default 1,000 to 1,000,000 a charge, and a balance of at most 10,000,000, with charges that are at work counted. Waits up to 5 s for the card provider. 202 means that it goes on: ask the Location, or send the same request with the same key again, which waits again for the same charge. With `Prefer: respond-async` nothing is waited for: it is 202 as soon as the charge has begun. The money is in the wallet only when the provider has taken it. A provider that does not answer is asked again, for ten minutes by default; after that the charge has FAILED, and what was taken all the same is given back. A charge that FAILED is final for its key: another one needs a new key. BALANCE_LIMIT_EXCEEDED leaves the key free; nothing was taken. A 503 may have begun the charge all the same: send the same request with the same key again, which answers with that charge or begins it, once.
         */
        post: operations["chargeWallet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{userId}/balance/charges/{transactionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One charge of a wallet
         * @description For other people it needs the role `admin` or `finance`.
         */
        get: operations["getCharge"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{userId}/balance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a wallet holds
         * @description Zeros for a user who never charged.
         *
         *     For other people it needs the role `admin` or `finance`.
         */
        get: operations["getBalance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{userId}/balance/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ledger entries of a wallet, newest first
         * @description For other people it needs the role `admin` or `finance`.
         */
        get: operations["listBalanceHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{userId}/point/use": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Deduct points
         * @description A refusal for want of points is the answer to its key, too: the same request with it is refused alike when there are points again. Another try needs another key.
         */
        post: operations["usePoints"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/wallets/{userId}/adjustments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Correct a wallet
         * @description One movement of the kind ADJUSTMENT, with both sides of its entry. It never takes a wallet below zero or a correction upwards past the maximum of a balance, for which what is being charged counts. It is in the wallet’s history, and in `GET /api/v1/admin/actions` with who made it.
         *
         *     Needs the role `admin` or `finance`.
         */
        post: operations["adjustWallet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Failure: {
            /** @constant */
            success: false;
            error: {
                code: components["schemas"]["RefusalCode"];
                /** @description For people; its words may change. */
                message: string;
                /** @description Depends on the code; null where there is no more to say. */
                details: unknown;
                requestId: string;
            };
        };
        /**
         * @description What programs should look at; which of them a route answers is listed with it. A later version may know more.
         * @enum {string}
         */
        RefusalCode: "ALREADY_PAID" | "AMOUNT_CHANGED" | "BALANCE_LIMIT_EXCEEDED" | "BOOKING_NOT_OPEN" | "CARD_DECLINED" | "CHARGE_NOT_FOUND" | "CONCERT_NOT_FOUND" | "DEAD_LETTER_BEING_RETRIED" | "DEAD_LETTER_NOT_FOUND" | "DELIVERY_NOT_FOUND" | "FORBIDDEN" | "IDEMPOTENCY_IN_PROGRESS" | "IDEMPOTENCY_KEY_REUSED" | "INSUFFICIENT_BALANCE" | "INTERNAL" | "INVALID_REQUEST" | "JOB_NOT_FOUND" | "JOIN_CHECK_FAILED" | "JOIN_CHECK_REQUIRED" | "JOIN_CLAIM_REQUIRED" | "JOIN_CLAIM_TAKEN" | "METHOD_NOT_ALLOWED" | "NOTICE_NOT_FAILED" | "NOTICE_NOT_FOUND" | "NOT_FOUND" | "NOT_REFUNDABLE" | "ORPHAN_SEAT" | "PAYLOAD_TOO_LARGE" | "PAYMENT_FAILED" | "PAYMENT_NOT_FOUND" | "PRECONDITION_FAILED" | "PRICE_CHANGED" | "QUEUE_FULL" | "QUEUE_TOKEN_EXISTS" | "QUEUE_TOKEN_INVALID" | "QUEUE_TOKEN_NOT_ACTIVE" | "QUEUE_TOKEN_NOT_FOUND" | "QUEUE_TOKEN_REQUIRED" | "RATE_LIMITED" | "REFRESH_LIMIT_EXCEEDED" | "RELEASE_LIMIT_EXCEEDED" | "RESERVATION_EXPIRED" | "RESERVATION_NOT_CANCELLABLE" | "RESERVATION_NOT_CONFIRMED" | "RESERVATION_NOT_FOUND" | "RESERVATION_NOT_PAYABLE" | "RESERVATION_NOT_REFRESHABLE" | "SCHEDULE_NOT_CHANGEABLE" | "SCHEDULE_NOT_FOUND" | "SEAT_LAYOUT_NOT_FOUND" | "SEAT_LIMIT_EXCEEDED" | "SEAT_NOT_FOUND" | "SEAT_TAKEN" | "TICKET_INVALID" | "TICKET_OF_OTHER_SCHEDULE" | "TICKET_USED" | "TIMEOUT" | "UNAUTHENTICATED" | "UNAVAILABLE" | "UNSUPPORTED_MEDIA_TYPE" | "VENUE_NOT_FOUND" | "WEBHOOK_DISABLED" | "WEBHOOK_LIMIT_EXCEEDED" | "WEBHOOK_NOT_FOUND";
        /** @description RFC 9457, for `Accept: application/problem+json`. */
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            code: components["schemas"]["RefusalCode"];
            details?: unknown;
            requestId: string;
        };
    };
    responses: {
        /** @description `INVALID_REQUEST`: A field breaks a rule; `details` names each. */
        INVALID_REQUEST: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `UNAUTHENTICATED`: The bearer token is missing, expired or not ours. */
        UNAUTHENTICATED: {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `FORBIDDEN`: Not for this user.
         *
         *     `JOIN_CHECK_FAILED`: The answer to the challenge was not taken; `details.reason`. Get a new one.
         *
         *     `JOIN_CHECK_REQUIRED`: A challenge has to be answered first; `details` says where to get one.
         *
         *     `JOIN_CLAIM_REQUIRED`: The account lacks a verified `details.claim`.
         */
        "FORBIDDEN-JOIN_CHECK_FAILED-JOIN_CHECK_REQUIRED-JOIN_CLAIM_REQUIRED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `SCHEDULE_NOT_FOUND`: No such schedule, or not of this concert. */
        SCHEDULE_NOT_FOUND: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `BOOKING_NOT_OPEN`: Outside the on-sale window, not on sale, or begun; `details` has the times.
         *
         *     `JOIN_CLAIM_TAKEN`: Another account with your `details.claim` has the place in this waiting room.
         *
         *     `QUEUE_TOKEN_EXISTS`: You have a place already; PUT reissues its token.
         */
        "BOOKING_NOT_OPEN-JOIN_CLAIM_TAKEN-QUEUE_TOKEN_EXISTS": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `PAYLOAD_TOO_LARGE`: The body is larger than the limit. */
        PAYLOAD_TOO_LARGE: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `UNSUPPORTED_MEDIA_TYPE`: The body must be application/json. */
        UNSUPPORTED_MEDIA_TYPE: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `RATE_LIMITED`: Too many requests; wait for Retry-After. */
        RATE_LIMITED: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `INTERNAL`: A defect of ours; quote the requestId. */
        INTERNAL: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `QUEUE_FULL`: The waiting room is full; try again later.
         *
         *     `UNAVAILABLE`: Something needed is down; wait for Retry-After.
         */
        "QUEUE_FULL-UNAVAILABLE": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `TIMEOUT`: No answer in time; whether it took effect is unknown. */
        TIMEOUT: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `FORBIDDEN`: Not for this user. */
        FORBIDDEN: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `QUEUE_TOKEN_NOT_FOUND`: You have no live place in this waiting room.
         *
         *     `SCHEDULE_NOT_FOUND`: No such schedule, or not of this concert.
         */
        "QUEUE_TOKEN_NOT_FOUND-SCHEDULE_NOT_FOUND": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `UNAVAILABLE`: Something needed is down; wait for Retry-After. */
        UNAVAILABLE: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `QUEUE_TOKEN_INVALID`: Unknown, used, left, expired or not yours.
         *
         *     `QUEUE_TOKEN_REQUIRED`: Send Queue-Token (or the cookie tokenId).
         *
         *     `UNAUTHENTICATED`: The bearer token is missing, expired or not ours.
         */
        "QUEUE_TOKEN_INVALID-QUEUE_TOKEN_REQUIRED-UNAUTHENTICATED": {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `IDEMPOTENCY_IN_PROGRESS`: The same key is being worked on; try again shortly. */
        IDEMPOTENCY_IN_PROGRESS: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `IDEMPOTENCY_KEY_REUSED`: The key was used with another body. */
        IDEMPOTENCY_KEY_REUSED: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `CONCERT_NOT_FOUND`: No such concert. */
        CONCERT_NOT_FOUND: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `QUEUE_TOKEN_INVALID`: Unknown, used, left, expired or not yours.
         *
         *     `QUEUE_TOKEN_REQUIRED`: Send Queue-Token (or the cookie tokenId).
         */
        "QUEUE_TOKEN_INVALID-QUEUE_TOKEN_REQUIRED": {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `QUEUE_TOKEN_NOT_ACTIVE`: Still waiting; poll until ACTIVE. */
        QUEUE_TOKEN_NOT_ACTIVE: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `SCHEDULE_NOT_FOUND`: No such schedule, or not of this concert.
         *
         *     `SEAT_LAYOUT_NOT_FOUND`: Never laid out so; the seat map names the layout there is now.
         */
        "SCHEDULE_NOT_FOUND-SEAT_LAYOUT_NOT_FOUND": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `SCHEDULE_NOT_FOUND`: No such schedule, or not of this concert.
         *
         *     `SEAT_NOT_FOUND`: The schedule has no such seat; `details.seatIds`.
         */
        "SCHEDULE_NOT_FOUND-SEAT_NOT_FOUND": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_IN_PROGRESS`: The same key is being worked on; try again shortly.
         *
         *     `SCHEDULE_NOT_CHANGEABLE`: Cancelled, begun, or a new date while somebody has or could get seats.
         *
         *     `SEAT_TAKEN`: Held or sold; `details.seatIds` says which.
         */
        "IDEMPOTENCY_IN_PROGRESS-SCHEDULE_NOT_CHANGEABLE-SEAT_TAKEN": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `PRECONDITION_FAILED`: If-Match is not what it is now: somebody else was first; read it again. */
        PRECONDITION_FAILED: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `VENUE_NOT_FOUND`: No such venue. */
        VENUE_NOT_FOUND: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `CONCERT_NOT_FOUND`: No such concert.
         *
         *     `VENUE_NOT_FOUND`: No such venue.
         */
        "CONCERT_NOT_FOUND-VENUE_NOT_FOUND": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_IN_PROGRESS`: The same key is being worked on; try again shortly.
         *
         *     `SCHEDULE_NOT_CHANGEABLE`: Cancelled, begun, or a new date while somebody has or could get seats.
         */
        "IDEMPOTENCY_IN_PROGRESS-SCHEDULE_NOT_CHANGEABLE": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `BOOKING_NOT_OPEN`: Outside the on-sale window, not on sale, or begun; `details` has the times.
         *
         *     `PRICE_CHANGED`: Not the price you saw; `details` has `seen` and `now`.
         *
         *     `SEAT_TAKEN`: Held or sold; `details.seatIds` says which.
         */
        "BOOKING_NOT_OPEN-PRICE_CHANGED-SEAT_TAKEN": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_KEY_REUSED`: The key was used with another body.
         *
         *     `ORPHAN_SEAT`: Would leave single seats; `details.seatIds`.
         *
         *     `SEAT_LIMIT_EXCEEDED`: More seats than one user may have.
         */
        "IDEMPOTENCY_KEY_REUSED-ORPHAN_SEAT-SEAT_LIMIT_EXCEEDED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `RATE_LIMITED`: Too many requests; wait for Retry-After.
         *
         *     `RELEASE_LIMIT_EXCEEDED`: Too many seats taken and not kept lately; `details.holdAgainAt`.
         */
        "RATE_LIMITED-RELEASE_LIMIT_EXCEEDED": {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `RESERVATION_NOT_FOUND`: No such reservation of yours. */
        RESERVATION_NOT_FOUND: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_IN_PROGRESS`: The same key is being worked on; try again shortly.
         *
         *     `RESERVATION_EXPIRED`: The hold ran out.
         *
         *     `RESERVATION_NOT_REFRESHABLE`: Not a live hold, or the show has begun.
         */
        "IDEMPOTENCY_IN_PROGRESS-RESERVATION_EXPIRED-RESERVATION_NOT_REFRESHABLE": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_KEY_REUSED`: The key was used with another body.
         *
         *     `REFRESH_LIMIT_EXCEEDED`: The hold was extended as often as allowed.
         */
        "IDEMPOTENCY_KEY_REUSED-REFRESH_LIMIT_EXCEEDED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_IN_PROGRESS`: The same key is being worked on; try again shortly.
         *
         *     `RESERVATION_NOT_CANCELLABLE`: Neither held nor confirmed, or the show has begun.
         *
         *     `TICKET_USED`: Somebody has come in with it; `details.checkedInAt`.
         */
        "IDEMPOTENCY_IN_PROGRESS-RESERVATION_NOT_CANCELLABLE-TICKET_USED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_KEY_REUSED`: The key was used with another body.
         *
         *     `NOT_REFUNDABLE`: What is paid can no longer be given back; `details.refundableUntil`.
         */
        "IDEMPOTENCY_KEY_REUSED-NOT_REFUNDABLE": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `JOB_NOT_FOUND`: No such job of yours, or it ended too long ago. */
        JOB_NOT_FOUND: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `RESERVATION_NOT_CONFIRMED`: Only a CONFIRMED reservation has tickets; `details.status`. */
        RESERVATION_NOT_CONFIRMED: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_IN_PROGRESS`: The same key is being worked on; try again shortly.
         *
         *     `RESERVATION_NOT_CONFIRMED`: Only a CONFIRMED reservation has tickets; `details.status`.
         *
         *     `TICKET_USED`: Somebody has come in with it; `details.checkedInAt`.
         */
        "IDEMPOTENCY_IN_PROGRESS-RESERVATION_NOT_CONFIRMED-TICKET_USED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_KEY_REUSED`: The key was used with another body.
         *
         *     `TICKET_INVALID`: No ticket of this installation: forged, damaged, or of a key that is not ours.
         *
         *     `TICKET_OF_OTHER_SCHEDULE`: A good ticket of another show; `details.scheduleId`.
         */
        "IDEMPOTENCY_KEY_REUSED-TICKET_INVALID-TICKET_OF_OTHER_SCHEDULE": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `CARD_DECLINED`: The card provider said no.
         *
         *     `INSUFFICIENT_BALANCE`: The wallet holds less than the amount.
         *
         *     `PAYMENT_FAILED`: Not paid; `details.reason` says why.
         */
        "CARD_DECLINED-INSUFFICIENT_BALANCE-PAYMENT_FAILED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `ALREADY_PAID`: Paid, or being paid by another payment.
         *
         *     `AMOUNT_CHANGED`: Not the amount you saw; `details` has `seen` and `now`.
         *
         *     `RESERVATION_EXPIRED`: The hold ran out.
         */
        "ALREADY_PAID-AMOUNT_CHANGED-RESERVATION_EXPIRED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_KEY_REUSED`: The key was used with another body.
         *
         *     `RESERVATION_NOT_PAYABLE`: Cancelled, of no amount, or the show has begun.
         */
        "IDEMPOTENCY_KEY_REUSED-RESERVATION_NOT_PAYABLE": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `PAYMENT_NOT_FOUND`: No such payment of yours. */
        PAYMENT_NOT_FOUND: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `NOT_FOUND`: No such path. */
        NOT_FOUND: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `DEAD_LETTER_NOT_FOUND`: No such parked message. */
        DEAD_LETTER_NOT_FOUND: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `DEAD_LETTER_BEING_RETRIED`: Another request publishes the parked message at this moment; try again shortly.
         *
         *     `IDEMPOTENCY_IN_PROGRESS`: The same key is being worked on; try again shortly.
         */
        "DEAD_LETTER_BEING_RETRIED-IDEMPOTENCY_IN_PROGRESS": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `NOTICE_NOT_FOUND`: No such mail. */
        NOTICE_NOT_FOUND: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_IN_PROGRESS`: The same key is being worked on; try again shortly.
         *
         *     `NOTICE_NOT_FAILED`: Only a mail that FAILED can be tried again.
         */
        "IDEMPOTENCY_IN_PROGRESS-NOTICE_NOT_FAILED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_KEY_REUSED`: The key was used with another body.
         *
         *     `WEBHOOK_LIMIT_EXCEEDED`: There are as many webhooks as there can be.
         */
        "IDEMPOTENCY_KEY_REUSED-WEBHOOK_LIMIT_EXCEEDED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `WEBHOOK_NOT_FOUND`: No such webhook. */
        WEBHOOK_NOT_FOUND: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `DELIVERY_NOT_FOUND`: The webhook has no such delivery.
         *
         *     `WEBHOOK_NOT_FOUND`: No such webhook.
         */
        "DELIVERY_NOT_FOUND-WEBHOOK_NOT_FOUND": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `IDEMPOTENCY_IN_PROGRESS`: The same key is being worked on; try again shortly.
         *
         *     `WEBHOOK_DISABLED`: The webhook is disabled; enable it first.
         */
        "IDEMPOTENCY_IN_PROGRESS-WEBHOOK_DISABLED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `CARD_DECLINED`: The card provider said no.
         *
         *     `PAYMENT_FAILED`: Not paid; `details.reason` says why.
         */
        "CARD_DECLINED-PAYMENT_FAILED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `BALANCE_LIMIT_EXCEEDED`: The balance would pass its maximum.
         *
         *     `IDEMPOTENCY_KEY_REUSED`: The key was used with another body.
         */
        "BALANCE_LIMIT_EXCEEDED-IDEMPOTENCY_KEY_REUSED": {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `CHARGE_NOT_FOUND`: No such charge of this wallet. */
        CHARGE_NOT_FOUND: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `INSUFFICIENT_BALANCE`: The wallet holds less than the amount. */
        INSUFFICIENT_BALANCE: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description Yours, or one that was made; quote it when you ask for help. */
        "X-Request-Id": string;
        /**
         * @description How much of the kind of work you may still ask of this instance: `r` requests now, and all of them again in `t` seconds. As of the IETF's draft for RateLimit headers.
         * @example "hold";r=29;t=2
         */
        RateLimit: string;
        /** @description Seconds to wait before the next try. */
        "Retry-After": number;
        /** @description The scheme: `Bearer`. */
        "WWW-Authenticate": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    reissueToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description The performance.
                     * @example 1
                     */
                    scheduleId: number;
                    /**
                     * @description The caller's own id; only admins may name somebody else.
                     * @example 101
                     */
                    userId?: string | number;
                };
            };
        };
        responses: {
            /** @description The same place. */
            200: {
                headers: {
                    /** @description The same token for browsers, as tokenId (the latest one) and tokenId_<scheduleId>; HttpOnly, Secure, SameSite=Lax. */
                    "Set-Cookie"?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @description Send it as Queue-Token; it is kept nowhere in this form.
                             */
                            token: string;
                            scheduleId: number;
                            /** @enum {string} */
                            status: "WAITING" | "ACTIVE";
                            /** @description The place in line. It changes once at most: who joined before the opening gets a drawn one at the opening. */
                            sequence: number;
                            /** @description 1 is the front; 0 when ACTIVE. Before the opening it is by arrival, and says nothing of the draw. */
                            queuePosition: number;
                            estimatedWaitSeconds: number;
                            estimatedWaitTimeMinutes: number;
                            /** @description When to ask again; asking earlier changes nothing. */
                            pollAfterSeconds: number;
                            /** Format: date-time */
                            serverTime: string;
                            /**
                             * Format: date-time
                             * @description ACTIVE: when it ends for who shows up. Whoever is not seen within 90 s of being let in (SHOW_UP_MS; seen is a poll, a stream or a use of the token after that moment) loses the place then. A hold moves this time to the hold's deadline, but never past 15 min after the admission (ACTIVE_MAX_MS). WAITING: when it ends unless it is asked for before.
                             */
                            expiresAt: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["QUEUE_TOKEN_NOT_FOUND-SCHEDULE_NOT_FOUND"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    joinWaitingRoom: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description The performance.
                     * @example 1
                     */
                    scheduleId: number;
                    /**
                     * @description The caller's own id; only admins may name somebody else.
                     * @example 101
                     */
                    userId?: string | number;
                    /** @description The answer to a challenge (getChallenge); where nothing is checked it is passed over. */
                    checkAnswer?: string;
                };
            };
        };
        responses: {
            /** @description The place. */
            200: {
                headers: {
                    /** @description The same token for browsers, as tokenId (the latest one) and tokenId_<scheduleId>; HttpOnly, Secure, SameSite=Lax. */
                    "Set-Cookie"?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @description Send it as Queue-Token; it is kept nowhere in this form.
                             */
                            token: string;
                            scheduleId: number;
                            /** @enum {string} */
                            status: "WAITING" | "ACTIVE";
                            /** @description The place in line. It changes once at most: who joined before the opening gets a drawn one at the opening. */
                            sequence: number;
                            /** @description 1 is the front; 0 when ACTIVE. Before the opening it is by arrival, and says nothing of the draw. */
                            queuePosition: number;
                            estimatedWaitSeconds: number;
                            estimatedWaitTimeMinutes: number;
                            /** @description When to ask again; asking earlier changes nothing. */
                            pollAfterSeconds: number;
                            /** Format: date-time */
                            serverTime: string;
                            /**
                             * Format: date-time
                             * @description ACTIVE: when it ends for who shows up. Whoever is not seen within 90 s of being let in (SHOW_UP_MS; seen is a poll, a stream or a use of the token after that moment) loses the place then. A hold moves this time to the hold's deadline, but never past 15 min after the admission (ACTIVE_MAX_MS). WAITING: when it ends unless it is asked for before.
                             */
                            expiresAt: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN-JOIN_CHECK_FAILED-JOIN_CHECK_REQUIRED-JOIN_CLAIM_REQUIRED"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            409: components["responses"]["BOOKING_NOT_OPEN-JOIN_CLAIM_TAKEN-QUEUE_TOKEN_EXISTS"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["QUEUE_FULL-UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getChallenge: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The challenge. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            /** @enum {string} */
                            check: "none" | "proof-of-work" | "turnstile" | "hcaptcha";
                            /**
                             * @description proof-of-work
                             * @example tr2k9c.17.Zr0q_1aB.Qm9x4Yv0u1s2t3w4x5y6zA
                             */
                            challenge?: string;
                            /**
                             * @description proof-of-work: zero bits.
                             * @example 17
                             */
                            difficulty?: number;
                            /**
                             * Format: date-time
                             * @description proof-of-work
                             */
                            expiresAt?: string;
                            /** @description turnstile and hcaptcha */
                            siteKey?: string;
                            /** Format: date-time */
                            serverTime: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getPlace: {
        parameters: {
            query?: {
                /** @description The line that the request is about. It chooses among the cookies of a browser that stands in several lines. */
                scheduleId?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The place. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @description Send it as Queue-Token; it is kept nowhere in this form.
                             */
                            token: string;
                            scheduleId: number;
                            /** @enum {string} */
                            status: "WAITING" | "ACTIVE";
                            /** @description The place in line. It changes once at most: who joined before the opening gets a drawn one at the opening. */
                            sequence: number;
                            /** @description 1 is the front; 0 when ACTIVE. Before the opening it is by arrival, and says nothing of the draw. */
                            queuePosition: number;
                            estimatedWaitSeconds: number;
                            estimatedWaitTimeMinutes: number;
                            /** @description When to ask again; asking earlier changes nothing. */
                            pollAfterSeconds: number;
                            /** Format: date-time */
                            serverTime: string;
                            /**
                             * Format: date-time
                             * @description ACTIVE: when it ends for who shows up. Whoever is not seen within 90 s of being let in (SHOW_UP_MS; seen is a poll, a stream or a use of the token after that moment) loses the place then. A hold moves this time to the hold's deadline, but never past 15 min after the admission (ACTIVE_MAX_MS). WAITING: when it ends unless it is asked for before.
                             */
                            expiresAt: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["QUEUE_TOKEN_INVALID-QUEUE_TOKEN_REQUIRED-UNAUTHENTICATED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    leaveWaitingRoom: {
        parameters: {
            query?: {
                /** @description The line that the request is about. It chooses among the cookies of a browser that stands in several lines. */
                scheduleId?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Left. */
            204: {
                headers: {
                    /** @description Forgets the cookies with this token. */
                    "Set-Cookie"?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["QUEUE_TOKEN_INVALID-QUEUE_TOKEN_REQUIRED-UNAUTHENTICATED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    streamPlace: {
        parameters: {
            query?: {
                /** @description The line that the request is about. It chooses among the cookies of a browser that stands in several lines. */
                scheduleId?: number;
            };
            header?: {
                /** @description The `id` of the event received last; any other value starts anew. */
                "Last-Event-Id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events; each is shown as an object of its fields, with its data read as JSON. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        /** @constant */
                        event: "place";
                        /** @example WAITING-7-1234-120-0 */
                        id: string;
                        data: {
                            /**
                             * Format: uuid
                             * @description Send it as Queue-Token; it is kept nowhere in this form.
                             */
                            token: string;
                            scheduleId: number;
                            /** @enum {string} */
                            status: "WAITING" | "ACTIVE";
                            /** @description The place in line. It changes once at most: who joined before the opening gets a drawn one at the opening. */
                            sequence: number;
                            /** @description 1 is the front; 0 when ACTIVE. Before the opening it is by arrival, and says nothing of the draw. */
                            queuePosition: number;
                            estimatedWaitSeconds: number;
                            estimatedWaitTimeMinutes: number;
                            /** @description When to ask again; asking earlier changes nothing. */
                            pollAfterSeconds: number;
                            /** Format: date-time */
                            serverTime: string;
                            /**
                             * Format: date-time
                             * @description ACTIVE: when it ends for who shows up. Whoever is not seen within 90 s of being let in (SHOW_UP_MS; seen is a poll, a stream or a use of the token after that moment) loses the place then. A hold moves this time to the hold's deadline, but never past 15 min after the admission (ACTIVE_MAX_MS). WAITING: when it ends unless it is asked for before.
                             */
                            expiresAt: string;
                        };
                    } | {
                        /** @constant */
                        event: "room";
                        /** @example WAITING-7-1234-120-0 */
                        id: string;
                        data: {
                            scheduleId: number;
                            paused: boolean;
                            /** Format: date-time */
                            serverTime: string;
                        };
                    } | {
                        /** @constant */
                        event: "ended";
                        /** @example WAITING-7-1234-120-0 */
                        id: string;
                        data: {
                            /** @enum {string} */
                            status: "EXPIRED" | "LEFT" | "USED" | "REISSUED";
                            scheduleId: number;
                            /** Format: date-time */
                            serverTime: string;
                        };
                    };
                };
            };
            /** @description The place has ended and `Last-Event-ID` says that you know: do not come back. */
            204: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["QUEUE_TOKEN_INVALID-QUEUE_TOKEN_REQUIRED-UNAUTHENTICATED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getNowServing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The line. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            nowServing: number;
                            waiting: number;
                            admittedPerMinute: number;
                            paused: boolean;
                            /** Format: date-time */
                            serverTime: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getFairness: {
        parameters: {
            query?: {
                /** @description The first entry of the page, from 1 on; at most 1,000 come. */
                from?: number;
            };
            header?: never;
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The commitment, the seed and the draw once it is made, and the log. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            /** @description SHA-256 of the seed's 32 bytes, hex. */
                            commitment: string;
                            /** @description Hex; null before the draw. */
                            seed: string | null;
                            /** @description Entry i of 1 to `entries` got the sequence `entries` + its rank. */
                            draw: {
                                entries: number;
                                /** Format: date-time */
                                closedAt: string;
                                /** Format: date-time */
                                drawnAt: string;
                            } | null;
                            log: {
                                length: number;
                                head: string;
                            };
                            /** @description How long people have to show up, and may stay at most; as set now. */
                            rules: {
                                showUpMs: number;
                                activeMaxMs: number;
                            };
                            entries: ({
                                /** @constant */
                                kind: "ADMITTED";
                                number: number;
                                sequence: number;
                                /** Format: date-time */
                                enteredAt: string;
                                /** Format: date-time */
                                admittedAt: string;
                                active: number;
                                maxActive: number | null;
                                admitPerSecond: number;
                                hash: string;
                            } | {
                                /** @enum {string} */
                                kind: "NO_SHOW" | "TIME_UP";
                                number: number;
                                sequence: number;
                                /** Format: date-time */
                                admittedAt: string;
                                /** Format: date-time */
                                endedAt: string;
                                /** @description How long after its admission the place was allowed to last. */
                                allowedMs: number;
                                hash: string;
                            })[];
                            nextFrom: number | null;
                            /** Format: date-time */
                            serverTime: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getWaitingRoom: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The room. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            /** @description null: the waiting room is off. */
                            maxActive: number | null;
                            admitPerSecond: number;
                            paused: boolean;
                            waiting: number;
                            active: number;
                            nowServing: number;
                            admittedPerMinute: number;
                            /** Format: date-time */
                            serverTime: string;
                            /**
                             * @description Admissions since the room was made. Two readings and the seconds between their `serverTime`s give admissions a second. null while they are not counted yet, which the first looks at a room with a long log may find, or while the database is away.
                             * @example 4120
                             */
                            admitted: number | null;
                            /** @description Of the newest 200 of a sample: the wait told at the join, and the wait that came of it. */
                            estimates: {
                                samples: number;
                                medianPredictedSeconds: number | null;
                                medianActualSeconds: number | null;
                                /** @description Share of the samples that waited within a quarter (or 5 s) of what they were told. */
                                closeShare: number | null;
                            };
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    steerWaitingRoom: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
            };
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description null turns the waiting room off: who joins is in. */
                    maxActive?: number | null;
                    admitPerSecond?: number;
                    paused?: boolean;
                };
            };
        };
        responses: {
            /** @description The room with its new limits. */
            200: {
                headers: {
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            /** @description null: the waiting room is off. */
                            maxActive: number | null;
                            admitPerSecond: number;
                            paused: boolean;
                            waiting: number;
                            active: number;
                            nowServing: number;
                            admittedPerMinute: number;
                            /** Format: date-time */
                            serverTime: string;
                            /**
                             * @description Admissions since the room was made. Two readings and the seconds between their `serverTime`s give admissions a second. null while they are not counted yet, which the first looks at a room with a long log may find, or while the database is away.
                             * @example 4120
                             */
                            admitted: number | null;
                            /** @description Of the newest 200 of a sample: the wait told at the join, and the wait that came of it. */
                            estimates: {
                                samples: number;
                                medianPredictedSeconds: number | null;
                                medianActualSeconds: number | null;
                                /** @description Share of the samples that waited within a quarter (or 5 s) of what they were told. */
                                closeShare: number | null;
                            };
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listConcerts: {
        parameters: {
            query?: {
                /** @description Part of a title or an artist, in any case, with or without its accents. */
                query?: string;
                /** @description Part of a title, in any case, with or without its accents. */
                title?: string;
                /** @description Part of an artist, in any case, with or without its accents. */
                artist?: string;
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                concertId: number;
                                title: string;
                                artist: string | null;
                                description: string | null;
                                /** Format: date-time */
                                createdAt: string;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getConcert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                concertId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The concert. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            concertId: number;
                            title: string;
                            artist: string | null;
                            description: string | null;
                            /** Format: date-time */
                            createdAt: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            404: components["responses"]["CONCERT_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listSchedules: {
        parameters: {
            query?: {
                /** @description First day of performance at the venue; today there where left out. */
                fromDate?: string;
                /** @description Last day, included; a month after the first where left out. */
                toDate?: string;
                status?: "ON_SALE" | "CLOSED" | "CANCELLED";
            };
            header?: never;
            path: {
                concertId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In the order of performance; at most 1,000. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            concertId: number;
                            concertTitle: string;
                            venueId: number;
                            venueName: string;
                            /**
                             * Format: date
                             * @description Day of the performance at the venue.
                             * @example 2026-12-24
                             */
                            performanceDate: string;
                            /**
                             * @description Its time there, HH:mm:ss.
                             * @example 19:30:00
                             */
                            performanceTime: string;
                            /**
                             * @description Of the venue.
                             * @example Asia/Seoul
                             */
                            timeZone: string;
                            /** Format: date-time */
                            bookingOpenAt: string;
                            /** Format: date-time */
                            bookingCloseAt: string;
                            /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                            availableSeats: number;
                            /**
                             * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                             * @enum {string}
                             */
                            status: "ON_SALE" | "CLOSED" | "CANCELLED";
                        }[];
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            404: components["responses"]["CONCERT_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                concertId: number;
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            concertId: number;
                            concertTitle: string;
                            venueId: number;
                            venueName: string;
                            /**
                             * Format: date
                             * @description Day of the performance at the venue.
                             * @example 2026-12-24
                             */
                            performanceDate: string;
                            /**
                             * @description Its time there, HH:mm:ss.
                             * @example 19:30:00
                             */
                            performanceTime: string;
                            /**
                             * @description Of the venue.
                             * @example Asia/Seoul
                             */
                            timeZone: string;
                            /** Format: date-time */
                            bookingOpenAt: string;
                            /** Format: date-time */
                            bookingCloseAt: string;
                            /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                            availableSeats: number;
                            /**
                             * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                             * @enum {string}
                             */
                            status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            /** Format: date-time */
                            performanceAt: string;
                            /** Format: date-time */
                            waitingRoomOpenAt: string;
                            /**
                             * @description Until when a buyer can cancel what is paid and get the money back; null: until the performance begins.
                             * @example 2026-12-23T10:30:00.000Z
                             */
                            refundableUntil: string | null;
                            seatCount: number;
                            noOrphanSeats: boolean;
                            grades: {
                                /** @example VIP */
                                grade: string;
                                /**
                                 * @description In the smallest unit of the currency.
                                 * @example 150000
                                 */
                                price: number;
                                /** @example 20 */
                                seatCount: number;
                                /**
                                 * @description Seats left of it.
                                 * @example 7
                                 */
                                availableSeats: number;
                            }[];
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    showSeats: {
        parameters: {
            query?: {
                status?: "AVAILABLE" | "HOLD" | "SOLD_OUT" | "BLOCKED";
                grade?: string;
            };
            header?: {
                /** @description The ETag of the last answer. */
                "If-None-Match"?: string;
            };
            path: {
                concertId: number;
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The seats, in the order of their ids. */
            200: {
                headers: {
                    /** @description Send it as If-None-Match with the next request. */
                    ETag?: string;
                    /** @description private, no-cache */
                    "Cache-Control"?: string;
                    /** @description Accept-Encoding */
                    Vary?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleInfo: {
                                scheduleId: number;
                                concertId: number;
                                concertTitle: string;
                                venueId: number;
                                venueName: string;
                                /**
                                 * Format: date
                                 * @description Day of the performance at the venue.
                                 * @example 2026-12-24
                                 */
                                performanceDate: string;
                                /**
                                 * @description Its time there, HH:mm:ss.
                                 * @example 19:30:00
                                 */
                                performanceTime: string;
                                /**
                                 * @description Of the venue.
                                 * @example Asia/Seoul
                                 */
                                timeZone: string;
                                /** Format: date-time */
                                bookingOpenAt: string;
                                /** Format: date-time */
                                bookingCloseAt: string;
                                /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                                availableSeats: number;
                                /**
                                 * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                                 * @enum {string}
                                 */
                                status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            };
                            /**
                             * @description Where all of the seats that never changes is; keep what it answers for as long as this is the same.
                             * @example /api/v1/concerts/1/schedules/1/seats/layout/GkZ0mwn5v3kbYUoKxv8PdLzy2sA
                             */
                            layoutEndpoint: string;
                            seats: {
                                /** @description From 1 to the number of seats; what a hold names. */
                                seatId: number;
                                /**
                                 * @description The number in its row.
                                 * @example 12
                                 */
                                seatNumber: number;
                                /** @example Floor */
                                section: string;
                                /** @example C */
                                row: string;
                                /** @example VIP */
                                grade: string;
                                /**
                                 * @description In the smallest unit of the currency.
                                 * @example 150000
                                 */
                                price: number;
                                /** @enum {string} */
                                status: "AVAILABLE" | "HOLD" | "SOLD_OUT" | "BLOCKED";
                            }[];
                        };
                    };
                };
            };
            /** @description As it was. */
            304: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["QUEUE_TOKEN_INVALID-QUEUE_TOKEN_REQUIRED"];
            403: components["responses"]["QUEUE_TOKEN_NOT_ACTIVE"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    showSeatStates: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the last answer. */
                "If-None-Match"?: string;
            };
            path: {
                concertId: number;
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The states. */
            200: {
                headers: {
                    /** @description Send it as If-None-Match with the next request. */
                    ETag?: string;
                    /** @description private, no-cache */
                    "Cache-Control"?: string;
                    /** @description Accept-Encoding */
                    Vary?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleInfo: {
                                scheduleId: number;
                                concertId: number;
                                concertTitle: string;
                                venueId: number;
                                venueName: string;
                                /**
                                 * Format: date
                                 * @description Day of the performance at the venue.
                                 * @example 2026-12-24
                                 */
                                performanceDate: string;
                                /**
                                 * @description Its time there, HH:mm:ss.
                                 * @example 19:30:00
                                 */
                                performanceTime: string;
                                /**
                                 * @description Of the venue.
                                 * @example Asia/Seoul
                                 */
                                timeZone: string;
                                /** Format: date-time */
                                bookingOpenAt: string;
                                /** Format: date-time */
                                bookingCloseAt: string;
                                /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                                availableSeats: number;
                                /**
                                 * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                                 * @enum {string}
                                 */
                                status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            };
                            /**
                             * @description Where all of the seats that never changes is; keep what it answers for as long as this is the same.
                             * @example /api/v1/concerts/1/schedules/1/seats/layout/GkZ0mwn5v3kbYUoKxv8PdLzy2sA
                             */
                            layoutEndpoint: string;
                            /** @example AAHHSSSAAAAA */
                            states: string;
                        };
                    };
                };
            };
            /** @description As they were. */
            304: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["QUEUE_TOKEN_INVALID-QUEUE_TOKEN_REQUIRED"];
            403: components["responses"]["QUEUE_TOKEN_NOT_ACTIVE"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    showSeatLayout: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the last answer. */
                "If-None-Match"?: string;
            };
            path: {
                concertId: number;
                scheduleId: number;
                /** @description As `layoutEndpoint` of the seat map has it. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The layout. */
            200: {
                headers: {
                    /** @description Send it as If-None-Match with the next request. */
                    ETag?: string;
                    /** @description public, max-age=31536000, immutable */
                    "Cache-Control"?: string;
                    /** @description Accept-Encoding */
                    Vary?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            seats: {
                                /** @description From 1 to the number of seats; what a hold names. */
                                seatId: number;
                                /**
                                 * @description The number in its row.
                                 * @example 12
                                 */
                                seatNumber: number;
                                /** @example Floor */
                                section: string;
                                /** @example C */
                                row: string;
                                /** @example VIP */
                                grade: string;
                                /**
                                 * @description In the smallest unit of the currency.
                                 * @example 150000
                                 */
                                price: number;
                            }[];
                        };
                    };
                };
            };
            /** @description As it was. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            404: components["responses"]["SCHEDULE_NOT_FOUND-SEAT_LAYOUT_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    showSeat: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                concertId: number;
                scheduleId: number;
                seatId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The seat. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** @description From 1 to the number of seats; what a hold names. */
                            seatId: number;
                            /**
                             * @description The number in its row.
                             * @example 12
                             */
                            seatNumber: number;
                            /** @example Floor */
                            section: string;
                            /** @example C */
                            row: string;
                            /** @example VIP */
                            grade: string;
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 150000
                             */
                            price: number;
                            /** @enum {string} */
                            status: "AVAILABLE" | "HOLD" | "SOLD_OUT" | "BLOCKED";
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["QUEUE_TOKEN_INVALID-QUEUE_TOKEN_REQUIRED"];
            403: components["responses"]["QUEUE_TOKEN_NOT_ACTIVE"];
            404: components["responses"]["SCHEDULE_NOT_FOUND-SEAT_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    streamSeats: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `id` of the event received last; any other value starts anew. */
                "Last-Event-Id"?: string;
            };
            path: {
                concertId: number;
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events; each is shown as an object of its fields, with its data read as JSON. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        /** @constant */
                        event: "snapshot";
                        /** @example cmuEYiITzJDzGs1SECuBJFVpJ6E */
                        id: string;
                        data: {
                            scheduleId: number;
                            /**
                             * @description As `layoutEndpoint` of the seat map has it.
                             * @example GkZ0mwn5v3kbYUoKxv8PdLzy2sA
                             */
                            layoutVersion: string;
                            seats: {
                                seatId: number;
                                /** @enum {string} */
                                status: "AVAILABLE" | "HOLD" | "SOLD_OUT" | "BLOCKED";
                            }[];
                        };
                    } | {
                        /** @constant */
                        event: "change";
                        /** @example cmuEYiITzJDzGs1SECuBJFVpJ6E */
                        id: string;
                        data: {
                            seats: {
                                seatId: number;
                                /** @enum {string} */
                                status: "AVAILABLE" | "HOLD" | "SOLD_OUT" | "BLOCKED";
                            }[];
                        };
                    } | {
                        /** @constant */
                        event: "end";
                        data: {
                            /** @enum {string} */
                            reason: "TOKEN_ENDED" | "TOKEN_UNVERIFIED" | "STOPPING";
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["QUEUE_TOKEN_INVALID-QUEUE_TOKEN_REQUIRED"];
            403: components["responses"]["QUEUE_TOKEN_NOT_ACTIVE"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    showAdminSeats: {
        parameters: {
            query?: {
                status?: "AVAILABLE" | "HOLD" | "SOLD_OUT" | "BLOCKED";
                grade?: string;
            };
            header?: {
                /** @description The ETag of the last answer. */
                "If-None-Match"?: string;
            };
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The seats, in the order of their ids. */
            200: {
                headers: {
                    /** @description Send it as If-None-Match with the next request. */
                    ETag?: string;
                    /** @description private, no-cache */
                    "Cache-Control"?: string;
                    /** @description Accept-Encoding */
                    Vary?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleInfo: {
                                scheduleId: number;
                                concertId: number;
                                concertTitle: string;
                                venueId: number;
                                venueName: string;
                                /**
                                 * Format: date
                                 * @description Day of the performance at the venue.
                                 * @example 2026-12-24
                                 */
                                performanceDate: string;
                                /**
                                 * @description Its time there, HH:mm:ss.
                                 * @example 19:30:00
                                 */
                                performanceTime: string;
                                /**
                                 * @description Of the venue.
                                 * @example Asia/Seoul
                                 */
                                timeZone: string;
                                /** Format: date-time */
                                bookingOpenAt: string;
                                /** Format: date-time */
                                bookingCloseAt: string;
                                /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                                availableSeats: number;
                                /**
                                 * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                                 * @enum {string}
                                 */
                                status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            };
                            /**
                             * @description Where all of the seats that never changes is; keep what it answers for as long as this is the same.
                             * @example /api/v1/concerts/1/schedules/1/seats/layout/GkZ0mwn5v3kbYUoKxv8PdLzy2sA
                             */
                            layoutEndpoint: string;
                            seats: {
                                /** @description From 1 to the number of seats; what a hold names. */
                                seatId: number;
                                /**
                                 * @description The number in its row.
                                 * @example 12
                                 */
                                seatNumber: number;
                                /** @example Floor */
                                section: string;
                                /** @example C */
                                row: string;
                                /** @example VIP */
                                grade: string;
                                /**
                                 * @description In the smallest unit of the currency.
                                 * @example 150000
                                 */
                                price: number;
                                /** @enum {string} */
                                status: "AVAILABLE" | "HOLD" | "SOLD_OUT" | "BLOCKED";
                            }[];
                        };
                    };
                };
            };
            /** @description As it was. */
            304: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    changeSeats: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
                /** @description The ETag of the answer that was read, such as `"v3"`. Where somebody else has changed it since: 412 PRECONDITION_FAILED. Without it, the change goes through. */
                "If-Match"?: string;
            };
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @example [
                     *       1,
                     *       2,
                     *       3
                     *     ]
                     */
                    seatIds: number[];
                    /** @enum {string} */
                    status: "BLOCKED" | "AVAILABLE";
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            /** @enum {string} */
                            status: "BLOCKED" | "AVAILABLE";
                            /**
                             * @description Those that were not so before.
                             * @example [
                             *       1,
                             *       2
                             *     ]
                             */
                            changedSeatIds: number[];
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND-SEAT_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS-SCHEDULE_NOT_CHANGEABLE-SEAT_TAKEN"];
            412: components["responses"]["PRECONDITION_FAILED"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    showAdminSeatStates: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the last answer. */
                "If-None-Match"?: string;
            };
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The states. */
            200: {
                headers: {
                    /** @description Send it as If-None-Match with the next request. */
                    ETag?: string;
                    /** @description private, no-cache */
                    "Cache-Control"?: string;
                    /** @description Accept-Encoding */
                    Vary?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleInfo: {
                                scheduleId: number;
                                concertId: number;
                                concertTitle: string;
                                venueId: number;
                                venueName: string;
                                /**
                                 * Format: date
                                 * @description Day of the performance at the venue.
                                 * @example 2026-12-24
                                 */
                                performanceDate: string;
                                /**
                                 * @description Its time there, HH:mm:ss.
                                 * @example 19:30:00
                                 */
                                performanceTime: string;
                                /**
                                 * @description Of the venue.
                                 * @example Asia/Seoul
                                 */
                                timeZone: string;
                                /** Format: date-time */
                                bookingOpenAt: string;
                                /** Format: date-time */
                                bookingCloseAt: string;
                                /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                                availableSeats: number;
                                /**
                                 * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                                 * @enum {string}
                                 */
                                status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            };
                            /**
                             * @description Where all of the seats that never changes is; keep what it answers for as long as this is the same.
                             * @example /api/v1/concerts/1/schedules/1/seats/layout/GkZ0mwn5v3kbYUoKxv8PdLzy2sA
                             */
                            layoutEndpoint: string;
                            /** @example AAHHSSSAAAAA */
                            states: string;
                        };
                    };
                };
            };
            /** @description As they were. */
            304: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getOwnRoles: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The roles; `admin` may do everything. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** @example operator */
                            userId: string;
                            /**
                             * @example [
                             *       "operator"
                             *     ]
                             */
                            roles: ("admin" | "operator" | "finance" | "door")[];
                        };
                    };
                };
            };
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listVenues: {
        parameters: {
            query?: {
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                venueId: number;
                                name: string;
                                address: string | null;
                                city: string | null;
                                /** @example Asia/Seoul */
                                timeZone: string;
                                /** Format: date-time */
                                createdAt: string;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    createVenue: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example Olympic Hall */
                    name: string;
                    /** @example 424 Olympic-ro */
                    address?: string;
                    /** @example Seoul */
                    city?: string;
                    /**
                     * Format: iana-time-zone
                     * @description Name in the IANA time zone database.
                     * @default UTC
                     * @example Asia/Seoul
                     */
                    timeZone?: string;
                };
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    /** @description Where it is. */
                    Location?: string;
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            venueId: number;
                            name: string;
                            address: string | null;
                            city: string | null;
                            /** @example Asia/Seoul */
                            timeZone: string;
                            /** Format: date-time */
                            createdAt: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getVenue: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the last answer; where it is still that one, the answer is 304 without a body. */
                "If-None-Match"?: string;
            };
            path: {
                venueId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The venue. */
            200: {
                headers: {
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            venueId: number;
                            name: string;
                            address: string | null;
                            city: string | null;
                            /** @example Asia/Seoul */
                            timeZone: string;
                            /** Format: date-time */
                            createdAt: string;
                        };
                    };
                };
            };
            /** @description As it was. */
            304: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["VENUE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    changeVenue: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
                /** @description The ETag of the answer that was read, such as `"v3"`. Where somebody else has changed it since: 412 PRECONDITION_FAILED. Without it, the change goes through. */
                "If-Match"?: string;
            };
            path: {
                venueId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example Olympic Hall */
                    name?: string;
                    address?: string | null;
                    city?: string | null;
                    /**
                     * Format: iana-time-zone
                     * @description Name in the IANA time zone database.
                     * @example Asia/Seoul
                     */
                    timeZone?: string;
                };
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            venueId: number;
                            name: string;
                            address: string | null;
                            city: string | null;
                            /** @example Asia/Seoul */
                            timeZone: string;
                            /** Format: date-time */
                            createdAt: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["VENUE_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS"];
            412: components["responses"]["PRECONDITION_FAILED"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listAdminConcerts: {
        parameters: {
            query?: {
                /** @description Part of a title or an artist, in any case, with or without its accents. */
                query?: string;
                /** @description Part of a title, in any case, with or without its accents. */
                title?: string;
                /** @description Part of an artist, in any case, with or without its accents. */
                artist?: string;
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                concertId: number;
                                title: string;
                                artist: string | null;
                                description: string | null;
                                /** Format: date-time */
                                createdAt: string;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    createConcert: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example First Light */
                    title: string;
                    /** @example The Frontrow Band */
                    artist?: string;
                    /** @example One night only. */
                    description?: string;
                };
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    /** @description Where it is. */
                    Location?: string;
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            concertId: number;
                            title: string;
                            artist: string | null;
                            description: string | null;
                            /** Format: date-time */
                            createdAt: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getAdminConcert: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the last answer; where it is still that one, the answer is 304 without a body. */
                "If-None-Match"?: string;
            };
            path: {
                concertId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The concert. */
            200: {
                headers: {
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            concertId: number;
                            title: string;
                            artist: string | null;
                            description: string | null;
                            /** Format: date-time */
                            createdAt: string;
                        };
                    };
                };
            };
            /** @description As it was. */
            304: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["CONCERT_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    changeConcert: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
                /** @description The ETag of the answer that was read, such as `"v3"`. Where somebody else has changed it since: 412 PRECONDITION_FAILED. Without it, the change goes through. */
                "If-Match"?: string;
            };
            path: {
                concertId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example First Light */
                    title?: string;
                    artist?: string | null;
                    description?: string | null;
                };
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            concertId: number;
                            title: string;
                            artist: string | null;
                            description: string | null;
                            /** Format: date-time */
                            createdAt: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["CONCERT_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS"];
            412: components["responses"]["PRECONDITION_FAILED"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listAdminSchedules: {
        parameters: {
            query?: {
                status?: "ON_SALE" | "CLOSED" | "CANCELLED";
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
            };
            header?: never;
            path: {
                concertId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                scheduleId: number;
                                concertId: number;
                                concertTitle: string;
                                venueId: number;
                                venueName: string;
                                /**
                                 * Format: date
                                 * @description Day of the performance at the venue.
                                 * @example 2026-12-24
                                 */
                                performanceDate: string;
                                /**
                                 * @description Its time there, HH:mm:ss.
                                 * @example 19:30:00
                                 */
                                performanceTime: string;
                                /**
                                 * @description Of the venue.
                                 * @example Asia/Seoul
                                 */
                                timeZone: string;
                                /** Format: date-time */
                                bookingOpenAt: string;
                                /** Format: date-time */
                                bookingCloseAt: string;
                                /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                                availableSeats: number;
                                /**
                                 * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                                 * @enum {string}
                                 */
                                status: "ON_SALE" | "CLOSED" | "CANCELLED";
                                /** Format: date-time */
                                performanceAt: string;
                                /** Format: date-time */
                                waitingRoomOpenAt: string;
                                /**
                                 * @description Until when a buyer can cancel what is paid and get the money back; null: until the performance begins.
                                 * @example 2026-12-23T10:30:00.000Z
                                 */
                                refundableUntil: string | null;
                                seatCount: number;
                                noOrphanSeats: boolean;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["CONCERT_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    createSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
            };
            path: {
                concertId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    venueId: number;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with Z or an offset, of the years 2000 to 2999 in UTC.
                     * @example 2035-03-01T10:00:00Z
                     */
                    performanceAt: string;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with Z or an offset, of the years 2000 to 2999 in UTC.
                     * @example 2035-03-01T10:00:00Z
                     */
                    waitingRoomOpenAt?: string;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with Z or an offset, of the years 2000 to 2999 in UTC.
                     * @example 2035-03-01T10:00:00Z
                     */
                    bookingOpenAt: string;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with Z or an offset, of the years 2000 to 2999 in UTC.
                     * @example 2035-03-01T10:00:00Z
                     */
                    bookingCloseAt: string;
                    /**
                     * @description From then on buyers can not cancel what is paid (422 NOT_REFUNDABLE); admins still can. Not after performanceAt; null or left out: until the performance begins.
                     * @example 2026-12-23T10:30:00.000Z
                     */
                    refundableUntil?: string | null;
                    /**
                     * @description Whether a choice of seats that would leave a single seat empty is refused (ORPHAN_SEAT) while another choice would leave none.
                     * @default false
                     */
                    noOrphanSeats?: boolean;
                    sections: {
                        /** @example Floor */
                        section: string;
                        /** @example VIP */
                        grade: string;
                        /**
                         * @description In the smallest unit of the currency.
                         * @example 150000
                         */
                        price: number;
                        rows: number;
                        seatsPerRow: number;
                    }[];
                };
            };
        };
        responses: {
            /** @description Created, ON_SALE. */
            201: {
                headers: {
                    /** @description Where it is. */
                    Location?: string;
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            concertId: number;
                            concertTitle: string;
                            venueId: number;
                            venueName: string;
                            /**
                             * Format: date
                             * @description Day of the performance at the venue.
                             * @example 2026-12-24
                             */
                            performanceDate: string;
                            /**
                             * @description Its time there, HH:mm:ss.
                             * @example 19:30:00
                             */
                            performanceTime: string;
                            /**
                             * @description Of the venue.
                             * @example Asia/Seoul
                             */
                            timeZone: string;
                            /** Format: date-time */
                            bookingOpenAt: string;
                            /** Format: date-time */
                            bookingCloseAt: string;
                            /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                            availableSeats: number;
                            /**
                             * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                             * @enum {string}
                             */
                            status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            /** Format: date-time */
                            performanceAt: string;
                            /** Format: date-time */
                            waitingRoomOpenAt: string;
                            /**
                             * @description Until when a buyer can cancel what is paid and get the money back; null: until the performance begins.
                             * @example 2026-12-23T10:30:00.000Z
                             */
                            refundableUntil: string | null;
                            seatCount: number;
                            noOrphanSeats: boolean;
                            grades: {
                                /** @example VIP */
                                grade: string;
                                /**
                                 * @description In the smallest unit of the currency.
                                 * @example 150000
                                 */
                                price: number;
                                /** @example 20 */
                                seatCount: number;
                                /**
                                 * @description Seats left of it.
                                 * @example 7
                                 */
                                availableSeats: number;
                            }[];
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["CONCERT_NOT_FOUND-VENUE_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listAllSchedules: {
        parameters: {
            query?: {
                status?: "ON_SALE" | "CLOSED" | "CANCELLED";
                /** @description Part of the concert's title or artist, in any case, with or without its accents. */
                query?: string;
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                scheduleId: number;
                                concertId: number;
                                concertTitle: string;
                                venueId: number;
                                venueName: string;
                                /**
                                 * Format: date
                                 * @description Day of the performance at the venue.
                                 * @example 2026-12-24
                                 */
                                performanceDate: string;
                                /**
                                 * @description Its time there, HH:mm:ss.
                                 * @example 19:30:00
                                 */
                                performanceTime: string;
                                /**
                                 * @description Of the venue.
                                 * @example Asia/Seoul
                                 */
                                timeZone: string;
                                /** Format: date-time */
                                bookingOpenAt: string;
                                /** Format: date-time */
                                bookingCloseAt: string;
                                /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                                availableSeats: number;
                                /**
                                 * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                                 * @enum {string}
                                 */
                                status: "ON_SALE" | "CLOSED" | "CANCELLED";
                                /** Format: date-time */
                                performanceAt: string;
                                /** Format: date-time */
                                waitingRoomOpenAt: string;
                                /**
                                 * @description Until when a buyer can cancel what is paid and get the money back; null: until the performance begins.
                                 * @example 2026-12-23T10:30:00.000Z
                                 */
                                refundableUntil: string | null;
                                seatCount: number;
                                noOrphanSeats: boolean;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getAdminSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the last answer; where it is still that one, the answer is 304 without a body. */
                "If-None-Match"?: string;
            };
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule. */
            200: {
                headers: {
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            concertId: number;
                            concertTitle: string;
                            venueId: number;
                            venueName: string;
                            /**
                             * Format: date
                             * @description Day of the performance at the venue.
                             * @example 2026-12-24
                             */
                            performanceDate: string;
                            /**
                             * @description Its time there, HH:mm:ss.
                             * @example 19:30:00
                             */
                            performanceTime: string;
                            /**
                             * @description Of the venue.
                             * @example Asia/Seoul
                             */
                            timeZone: string;
                            /** Format: date-time */
                            bookingOpenAt: string;
                            /** Format: date-time */
                            bookingCloseAt: string;
                            /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                            availableSeats: number;
                            /**
                             * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                             * @enum {string}
                             */
                            status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            /** Format: date-time */
                            performanceAt: string;
                            /** Format: date-time */
                            waitingRoomOpenAt: string;
                            /**
                             * @description Until when a buyer can cancel what is paid and get the money back; null: until the performance begins.
                             * @example 2026-12-23T10:30:00.000Z
                             */
                            refundableUntil: string | null;
                            seatCount: number;
                            noOrphanSeats: boolean;
                            grades: {
                                /** @example VIP */
                                grade: string;
                                /**
                                 * @description In the smallest unit of the currency.
                                 * @example 150000
                                 */
                                price: number;
                                /** @example 20 */
                                seatCount: number;
                                /**
                                 * @description Seats left of it.
                                 * @example 7
                                 */
                                availableSeats: number;
                            }[];
                            /** @description Null unless it is CANCELLED, and while the reservation service does not answer. */
                            cancellation: {
                                /**
                                 * @description Cancelled with the schedule, and still to be. A hold that runs out before its turn needs no cancelling and is left out, so this may become smaller until all are `cancelled`.
                                 * @example 4000
                                 */
                                reservations: number;
                                /**
                                 * @description Of these, cancelled by now.
                                 * @example 2600
                                 */
                                cancelled: number;
                                /**
                                 * @description Paid, and the money is on its way back.
                                 * @example 100
                                 */
                                refundsPending: number;
                                /**
                                 * @description Paid, and the money is back.
                                 * @example 2400
                                 */
                                refunded: number;
                            } | null;
                        };
                    };
                };
            };
            /** @description As it was. */
            304: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    changeSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
                /** @description The ETag of the answer that was read, such as `"v3"`. Where somebody else has changed it since: 412 PRECONDITION_FAILED. Without it, the change goes through. */
                "If-Match"?: string;
            };
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    status?: "ON_SALE" | "CLOSED" | "CANCELLED";
                    /**
                     * Format: date-time
                     * @description ISO 8601 with Z or an offset, of the years 2000 to 2999 in UTC.
                     * @example 2035-03-01T10:00:00Z
                     */
                    performanceAt?: string;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with Z or an offset, of the years 2000 to 2999 in UTC.
                     * @example 2035-03-01T10:00:00Z
                     */
                    waitingRoomOpenAt?: string;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with Z or an offset, of the years 2000 to 2999 in UTC.
                     * @example 2035-03-01T10:00:00Z
                     */
                    bookingOpenAt?: string;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with Z or an offset, of the years 2000 to 2999 in UTC.
                     * @example 2035-03-01T10:00:00Z
                     */
                    bookingCloseAt?: string;
                    /**
                     * @description From then on buyers can not cancel what is paid (422 NOT_REFUNDABLE); admins still can. Not after performanceAt; null or left out: until the performance begins.
                     * @example 2026-12-23T10:30:00.000Z
                     */
                    refundableUntil?: string | null;
                    noOrphanSeats?: boolean;
                };
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            concertId: number;
                            concertTitle: string;
                            venueId: number;
                            venueName: string;
                            /**
                             * Format: date
                             * @description Day of the performance at the venue.
                             * @example 2026-12-24
                             */
                            performanceDate: string;
                            /**
                             * @description Its time there, HH:mm:ss.
                             * @example 19:30:00
                             */
                            performanceTime: string;
                            /**
                             * @description Of the venue.
                             * @example Asia/Seoul
                             */
                            timeZone: string;
                            /** Format: date-time */
                            bookingOpenAt: string;
                            /** Format: date-time */
                            bookingCloseAt: string;
                            /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                            availableSeats: number;
                            /**
                             * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                             * @enum {string}
                             */
                            status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            /** Format: date-time */
                            performanceAt: string;
                            /** Format: date-time */
                            waitingRoomOpenAt: string;
                            /**
                             * @description Until when a buyer can cancel what is paid and get the money back; null: until the performance begins.
                             * @example 2026-12-23T10:30:00.000Z
                             */
                            refundableUntil: string | null;
                            seatCount: number;
                            noOrphanSeats: boolean;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS-SCHEDULE_NOT_CHANGEABLE"];
            412: components["responses"]["PRECONDITION_FAILED"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    addSection: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
                /** @description The ETag of the answer that was read, such as `"v3"`. Where somebody else has changed it since: 412 PRECONDITION_FAILED. Without it, the change goes through. */
                "If-Match"?: string;
            };
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example Floor */
                    section: string;
                    /** @example VIP */
                    grade: string;
                    /**
                     * @description In the smallest unit of the currency.
                     * @example 150000
                     */
                    price: number;
                    rows: number;
                    seatsPerRow: number;
                };
            };
        };
        responses: {
            /** @description The schedule as it is now. */
            201: {
                headers: {
                    /** @description Where it is. */
                    Location?: string;
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            scheduleId: number;
                            concertId: number;
                            concertTitle: string;
                            venueId: number;
                            venueName: string;
                            /**
                             * Format: date
                             * @description Day of the performance at the venue.
                             * @example 2026-12-24
                             */
                            performanceDate: string;
                            /**
                             * @description Its time there, HH:mm:ss.
                             * @example 19:30:00
                             */
                            performanceTime: string;
                            /**
                             * @description Of the venue.
                             * @example Asia/Seoul
                             */
                            timeZone: string;
                            /** Format: date-time */
                            bookingOpenAt: string;
                            /** Format: date-time */
                            bookingCloseAt: string;
                            /** @description Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule. */
                            availableSeats: number;
                            /**
                             * @description Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.
                             * @enum {string}
                             */
                            status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            /** Format: date-time */
                            performanceAt: string;
                            /** Format: date-time */
                            waitingRoomOpenAt: string;
                            /**
                             * @description Until when a buyer can cancel what is paid and get the money back; null: until the performance begins.
                             * @example 2026-12-23T10:30:00.000Z
                             */
                            refundableUntil: string | null;
                            seatCount: number;
                            noOrphanSeats: boolean;
                            grades: {
                                /** @example VIP */
                                grade: string;
                                /**
                                 * @description In the smallest unit of the currency.
                                 * @example 150000
                                 */
                                price: number;
                                /** @example 20 */
                                seatCount: number;
                                /**
                                 * @description Seats left of it.
                                 * @example 7
                                 */
                                availableSeats: number;
                            }[];
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS-SCHEDULE_NOT_CHANGEABLE"];
            412: components["responses"]["PRECONDITION_FAILED"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listReservations: {
        parameters: {
            query?: {
                status?: "HOLD" | "CONFIRMED" | "CANCELLED" | "EXPIRED";
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                /**
                                 * Format: uuid
                                 * @example 01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50
                                 */
                                reservationId: string;
                                /**
                                 * @description For people to read out
                                 * @example FR-7K3M9QW2XT
                                 */
                                reservationNumber: string;
                                /** @example 101 */
                                userId: string;
                                /** @example 1 */
                                scheduleId: number;
                                seats: {
                                    /** @example 1001 */
                                    seatId: number;
                                    /** @example 1 */
                                    seatNumber: number;
                                    /** @example A */
                                    section: string;
                                    /** @example 1 */
                                    row: string;
                                    /** @example VIP */
                                    grade: string;
                                    /**
                                     * @description In the smallest unit of the currency
                                     * @example 150000
                                     */
                                    price: number;
                                }[];
                                /** @example 300000 */
                                totalAmount: number;
                                /** @enum {string} */
                                status: "HOLD" | "CONFIRMED" | "CANCELLED" | "EXPIRED";
                                /** Format: date-time */
                                reservedAt: string;
                                /**
                                 * Format: date-time
                                 * @description The hold ends then, unless it is paid before
                                 */
                                expiresAt: string;
                                /**
                                 * @description 0 unless it is a HOLD
                                 * @example 287
                                 */
                                holdSecondsLeft: number;
                                /** @example 2 */
                                refreshesLeft: number;
                                confirmedAt: string | null;
                                cancelledAt: string | null;
                                /** @description Of a cancelled reservation that had been paid */
                                refund: {
                                    /** Format: uuid */
                                    paymentId: string;
                                    /** @enum {string} */
                                    status: "PENDING" | "REFUNDED";
                                } | null;
                                /** @description Null where the catalog does not answer; all else is good all the same */
                                schedule: {
                                    /** @example 1 */
                                    concertId: number;
                                    /** @example Night of a Thousand Lights */
                                    concertTitle: string;
                                    /** @example 1 */
                                    venueId: number;
                                    /** @example Olympic Hall */
                                    venueName: string;
                                    /** Format: date-time */
                                    performanceAt: string;
                                    /**
                                     * @description Of the venue
                                     * @example Asia/Seoul
                                     */
                                    timeZone: string;
                                    /**
                                     * @description As the catalog shows it: CANCELLED where the show does not take place, CLOSED once booking has closed
                                     * @enum {string}
                                     */
                                    status: "ON_SALE" | "CLOSED" | "CANCELLED";
                                } | null;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    holdSeats: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body are the same hold. Keys are of the hold's owner: an admin who holds for a user with a key and the user who does with the same one make one hold. Without it, each request is another one. */
                "Idempotency-Key"?: string;
                /** @description RFC 7240; `respond-async` is known, others are passed over */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example 1 */
                    scheduleId: number;
                    /**
                     * @description This seat
                     * @example 1
                     */
                    seatId?: number;
                    /**
                     * @description These seats, all or none
                     * @example [
                     *       1,
                     *       2
                     *     ]
                     */
                    seatIds?: number[];
                    /**
                     * @description The best available, side by side in one row
                     * @example 2
                     */
                    quantity?: number;
                    /**
                     * @description With quantity: only seats of it
                     * @example VIP
                     */
                    grade?: string;
                    /**
                     * @description With quantity: only seats of it
                     * @example Floor
                     */
                    section?: string;
                    /** @description With quantity: seats may be apart where they are nowhere side by side */
                    allowSplit?: boolean;
                    /**
                     * @description What each seat cost when you saw it; if it is not so: PRICE_CHANGED, and nothing is held. With quantity: only seats that cost it
                     * @example 150000
                     */
                    price?: number;
                    /**
                     * @description What they cost together when you saw them
                     * @example 300000
                     */
                    totalAmount?: number;
                    /**
                     * @description The caller's own id; only admins may name somebody else.
                     * @example 101
                     */
                    userId?: string | number;
                } & (unknown | unknown | unknown);
            };
        };
        responses: {
            /** @description The seats are yours until `expiresAt` */
            201: {
                headers: {
                    /** @description Where it is */
                    Location?: string;
                    /** @description `true` where the answer is that of an earlier request */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50
                             */
                            reservationId: string;
                            /**
                             * @description For people to read out
                             * @example FR-7K3M9QW2XT
                             */
                            reservationNumber: string;
                            /** @example 101 */
                            userId: string;
                            /** @example 1 */
                            scheduleId: number;
                            seats: {
                                /** @example 1001 */
                                seatId: number;
                                /** @example 1 */
                                seatNumber: number;
                                /** @example A */
                                section: string;
                                /** @example 1 */
                                row: string;
                                /** @example VIP */
                                grade: string;
                                /**
                                 * @description In the smallest unit of the currency
                                 * @example 150000
                                 */
                                price: number;
                            }[];
                            /** @example 300000 */
                            totalAmount: number;
                            /** @constant */
                            status: "HOLD";
                            /** Format: date-time */
                            reservedAt: string;
                            /**
                             * Format: date-time
                             * @description The hold ends then, unless it is paid before
                             */
                            expiresAt: string;
                            /**
                             * @description At the moment of the hold
                             * @example 300
                             */
                            holdSecondsLeft: number;
                            /**
                             * @description Seats of this schedule that you could still take, at that moment
                             * @example 4
                             */
                            remainingAllowance: number;
                            /**
                             * @description Seats of this schedule that you could still give back, at that moment, before you can hold no more for a while
                             * @example 36
                             */
                            releasesLeft: number;
                        };
                    };
                };
            };
            /** @description Accepted as a job, which is stored; with `Prefer: respond-async`, and for a repeat of such a request */
            202: {
                headers: {
                    /** @description Where to ask */
                    Location?: string;
                    /** @description Seconds to wait before */
                    "Retry-After"?: number;
                    /** @description `respond-async` */
                    "Preference-Applied"?: "respond-async";
                    /** @description `true` where the answer is that of an earlier request */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            jobId: string;
                            /**
                             * @description In the line of its schedule; 1 is the next one
                             * @example 37
                             */
                            position: number;
                            /**
                             * @description By how fast jobs ended lately
                             * @example 1
                             */
                            estimatedWaitSeconds: number;
                            /** @example /api/v1/jobs/01932c07-b1d2-7a3b-8c4d-5e6f70819203 */
                            statusEndpoint: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["QUEUE_TOKEN_INVALID-QUEUE_TOKEN_REQUIRED-UNAUTHENTICATED"];
            403: components["responses"]["QUEUE_TOKEN_NOT_ACTIVE"];
            404: components["responses"]["SCHEDULE_NOT_FOUND-SEAT_NOT_FOUND"];
            409: components["responses"]["BOOKING_NOT_OPEN-PRICE_CHANGED-SEAT_TAKEN"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED-ORPHAN_SEAT-SEAT_LIMIT_EXCEEDED"];
            429: components["responses"]["RATE_LIMITED-RELEASE_LIMIT_EXCEEDED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getReservation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reservationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The reservation as of now */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50
                             */
                            reservationId: string;
                            /**
                             * @description For people to read out
                             * @example FR-7K3M9QW2XT
                             */
                            reservationNumber: string;
                            /** @example 101 */
                            userId: string;
                            /** @example 1 */
                            scheduleId: number;
                            seats: {
                                /** @example 1001 */
                                seatId: number;
                                /** @example 1 */
                                seatNumber: number;
                                /** @example A */
                                section: string;
                                /** @example 1 */
                                row: string;
                                /** @example VIP */
                                grade: string;
                                /**
                                 * @description In the smallest unit of the currency
                                 * @example 150000
                                 */
                                price: number;
                            }[];
                            /** @example 300000 */
                            totalAmount: number;
                            /** @enum {string} */
                            status: "HOLD" | "CONFIRMED" | "CANCELLED" | "EXPIRED";
                            /** Format: date-time */
                            reservedAt: string;
                            /**
                             * Format: date-time
                             * @description The hold ends then, unless it is paid before
                             */
                            expiresAt: string;
                            /**
                             * @description 0 unless it is a HOLD
                             * @example 287
                             */
                            holdSecondsLeft: number;
                            /** @example 2 */
                            refreshesLeft: number;
                            confirmedAt: string | null;
                            cancelledAt: string | null;
                            /** @description Of a cancelled reservation that had been paid */
                            refund: {
                                /** Format: uuid */
                                paymentId: string;
                                /** @enum {string} */
                                status: "PENDING" | "REFUNDED";
                            } | null;
                            /** @description Null where the catalog does not answer; all else is good all the same */
                            schedule: {
                                /** @example 1 */
                                concertId: number;
                                /** @example Night of a Thousand Lights */
                                concertTitle: string;
                                /** @example 1 */
                                venueId: number;
                                /** @example Olympic Hall */
                                venueName: string;
                                /** Format: date-time */
                                performanceAt: string;
                                /**
                                 * @description Of the venue
                                 * @example Asia/Seoul
                                 */
                                timeZone: string;
                                /**
                                 * @description As the catalog shows it: CANCELLED where the show does not take place, CLOSED once booking has closed
                                 * @enum {string}
                                 */
                                status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            } | null;
                            /** @description How you stand once this is given back, as one that has ended is already */
                            onceReleased: {
                                /**
                                 * @description Seats of this schedule that you could still give back; at 0 you can hold none of it until `holdAgainAt`
                                 * @example 14
                                 */
                                releasesLeft: number;
                                /**
                                 * @description When you can hold seats of this schedule again; null where you can now
                                 * @example null
                                 */
                                holdAgainAt: string | null;
                            };
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            404: components["responses"]["RESERVATION_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    refreshHold: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and path give the same answer and one effect, for 72 hours by default. Keys are of the caller. Without it, each request is another one. */
                "Idempotency-Key"?: string;
            };
            path: {
                reservationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The reservation with its new deadline */
            200: {
                headers: {
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50
                             */
                            reservationId: string;
                            /**
                             * @description For people to read out
                             * @example FR-7K3M9QW2XT
                             */
                            reservationNumber: string;
                            /** @example 101 */
                            userId: string;
                            /** @example 1 */
                            scheduleId: number;
                            seats: {
                                /** @example 1001 */
                                seatId: number;
                                /** @example 1 */
                                seatNumber: number;
                                /** @example A */
                                section: string;
                                /** @example 1 */
                                row: string;
                                /** @example VIP */
                                grade: string;
                                /**
                                 * @description In the smallest unit of the currency
                                 * @example 150000
                                 */
                                price: number;
                            }[];
                            /** @example 300000 */
                            totalAmount: number;
                            /** @enum {string} */
                            status: "HOLD" | "CONFIRMED" | "CANCELLED" | "EXPIRED";
                            /** Format: date-time */
                            reservedAt: string;
                            /**
                             * Format: date-time
                             * @description The hold ends then, unless it is paid before
                             */
                            expiresAt: string;
                            /**
                             * @description 0 unless it is a HOLD
                             * @example 287
                             */
                            holdSecondsLeft: number;
                            /** @example 2 */
                            refreshesLeft: number;
                            confirmedAt: string | null;
                            cancelledAt: string | null;
                            /** @description Of a cancelled reservation that had been paid */
                            refund: {
                                /** Format: uuid */
                                paymentId: string;
                                /** @enum {string} */
                                status: "PENDING" | "REFUNDED";
                            } | null;
                            /** @description Null where the catalog does not answer; all else is good all the same */
                            schedule: {
                                /** @example 1 */
                                concertId: number;
                                /** @example Night of a Thousand Lights */
                                concertTitle: string;
                                /** @example 1 */
                                venueId: number;
                                /** @example Olympic Hall */
                                venueName: string;
                                /** Format: date-time */
                                performanceAt: string;
                                /**
                                 * @description Of the venue
                                 * @example Asia/Seoul
                                 */
                                timeZone: string;
                                /**
                                 * @description As the catalog shows it: CANCELLED where the show does not take place, CLOSED once booking has closed
                                 * @enum {string}
                                 */
                                status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            } | null;
                            /** @description How you stand once this is given back, as one that has ended is already */
                            onceReleased: {
                                /**
                                 * @description Seats of this schedule that you could still give back; at 0 you can hold none of it until `holdAgainAt`
                                 * @example 14
                                 */
                                releasesLeft: number;
                                /**
                                 * @description When you can hold seats of this schedule again; null where you can now
                                 * @example null
                                 */
                                holdAgainAt: string | null;
                            };
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["QUEUE_TOKEN_INVALID-QUEUE_TOKEN_REQUIRED-UNAUTHENTICATED"];
            403: components["responses"]["QUEUE_TOKEN_NOT_ACTIVE"];
            404: components["responses"]["RESERVATION_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS-RESERVATION_EXPIRED-RESERVATION_NOT_REFRESHABLE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED-REFRESH_LIMIT_EXCEEDED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    cancelReservation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and path give the same answer and one effect, for 72 hours by default. Keys are of the caller. Without it, each request is another one. */
                "Idempotency-Key"?: string;
            };
            path: {
                reservationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cancelled, now or before */
            200: {
                headers: {
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50
                             */
                            reservationId: string;
                            /** @constant */
                            status: "CANCELLED";
                            /** @description Of a cancelled reservation that had been paid */
                            refund: {
                                /** Format: uuid */
                                paymentId: string;
                                /** @enum {string} */
                                status: "PENDING" | "REFUNDED";
                            } | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["RESERVATION_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS-RESERVATION_NOT_CANCELLABLE-TICKET_USED"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED-NOT_REFUNDABLE"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getJob: {
        parameters: {
            query?: {
                /** @description Seconds to wait for its end, 30 at most */
                wait?: number;
            };
            header?: never;
            path: {
                jobId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job as of now */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            jobId: string;
                            /** @enum {string} */
                            type: "hold" | "pay";
                            /**
                             * @example waiting
                             * @enum {string}
                             */
                            status: "waiting" | "active" | "completed" | "failed";
                            /**
                             * @description While it waits: the place now
                             * @example 12
                             */
                            position?: number;
                            /** @description Of a completed one: what the request would have been answered */
                            result?: unknown;
                            /** @description Of a failed one: the refusal that the request would have got */
                            error?: {
                                /** @example SEAT_TAKEN */
                                code: string;
                                /** @example a seat is held or sold already */
                                message: string;
                                /**
                                 * @example {
                                 *       "seatIds": [
                                 *         1001
                                 *       ]
                                 *     }
                                 */
                                details: unknown;
                            };
                            /** Format: date-time */
                            createdAt: string;
                            /** Format: date-time */
                            completedAt?: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            404: components["responses"]["JOB_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listJobs: {
        parameters: {
            query?: {
                /** @description Only those of this schedule */
                scheduleId?: number;
                status?: "waiting" | "active" | "completed" | "failed";
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                /**
                                 * Format: uuid
                                 * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                                 */
                                jobId: string;
                                /** @constant */
                                type: "hold";
                                /**
                                 * @example failed
                                 * @enum {string}
                                 */
                                status: "waiting" | "active" | "completed" | "failed";
                                /** @example 1 */
                                scheduleId: number;
                                /**
                                 * @description Whose hold it is
                                 * @example 101
                                 */
                                userId: string;
                                /**
                                 * @description Attempts that have begun
                                 * @example 1
                                 */
                                attempts: number;
                                /** @description Of a failed one */
                                error?: {
                                    /** @example SEAT_TAKEN */
                                    code: string;
                                    /** @example a seat is held or sold already */
                                    message: string;
                                    /**
                                     * @example {
                                     *       "seatIds": [
                                     *         1001
                                     *       ]
                                     *     }
                                     */
                                    details: unknown;
                                };
                                /**
                                 * Format: uuid
                                 * @description Of a completed one: its hold
                                 * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819204
                                 */
                                reservationId?: string;
                                /** Format: date-time */
                                createdAt: string;
                                /**
                                 * Format: date-time
                                 * @description Of one that has ended
                                 */
                                completedAt?: string;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getSales: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As of `serverTime` */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** @example 1 */
                            scheduleId: number;
                            /**
                             * @description Seats that are held and not paid
                             * @example 38
                             */
                            heldSeats: number;
                            /**
                             * @description Seats of CONFIRMED reservations
                             * @example 412
                             */
                            soldSeats: number;
                            /**
                             * @description Reservations that are holds now
                             * @example 20
                             */
                            holds: number;
                            /**
                             * @description Reservations that are paid
                             * @example 215
                             */
                            confirmed: number;
                            /**
                             * @description Reservations that were cancelled, paid or not
                             * @example 4
                             */
                            cancelled: number;
                            /**
                             * @description Holds that ran out
                             * @example 31
                             */
                            expired: number;
                            /**
                             * @description Requests to hold that were refused, by code: BOOKING_NOT_OPEN, SEAT_NOT_FOUND, SEAT_TAKEN, SEAT_LIMIT_EXCEEDED, RELEASE_LIMIT_EXCEEDED, PRICE_CHANGED, ORPHAN_SEAT. A code without one is left out
                             * @example {
                             *       "SEAT_TAKEN": 1904,
                             *       "SEAT_LIMIT_EXCEEDED": 12
                             *     }
                             */
                            refused: {
                                [key: string]: number;
                            };
                            /** Format: date-time */
                            serverTime: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getTickets: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                reservationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In the order of the seats of the reservation */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50
                             */
                            reservationId: string;
                            /** @example FR-7K3M9QW2XT */
                            reservationNumber: string;
                            /** @example 1 */
                            scheduleId: number;
                            /** @description Null where the catalog does not answer; all else is good all the same */
                            schedule: {
                                /** @example 1 */
                                concertId: number;
                                /** @example Night of a Thousand Lights */
                                concertTitle: string;
                                /** @example 1 */
                                venueId: number;
                                /** @example Olympic Hall */
                                venueName: string;
                                /** Format: date-time */
                                performanceAt: string;
                                /**
                                 * @description Of the venue
                                 * @example Asia/Seoul
                                 */
                                timeZone: string;
                                /**
                                 * @description As the catalog shows it: CANCELLED where the show does not take place, CLOSED once booking has closed
                                 * @enum {string}
                                 */
                                status: "ON_SALE" | "CLOSED" | "CANCELLED";
                            } | null;
                            tickets: {
                                seat: {
                                    /** @example 1001 */
                                    seatId: number;
                                    /** @example 1 */
                                    seatNumber: number;
                                    /** @example A */
                                    section: string;
                                    /** @example 1 */
                                    row: string;
                                    /** @example VIP */
                                    grade: string;
                                    /**
                                     * @description In the smallest unit of the currency
                                     * @example 150000
                                     */
                                    price: number;
                                };
                                /**
                                 * @description For a QR code: a JSON Web Token of some 190 characters, signed by Ed25519. It names no person.
                                 * @example eyJhbGciOiJFZERTQSIsImtpZCI6Im9qUGUifQ.eyJyZXMiOiJGUi03SzNNOVFXMlhUIiwic2NoIjoxLCJzZWF0IjoxMDAxfQ.ovcTiaX8vEkEA_BTuxlT-eY2WFAWtxn3FLlG8Ae97w-XkHCUii-YWS8rQhQ6is4fmMJzjUO4mdaToKvzdN1zCw
                                 */
                                code: string;
                                /** @description When somebody came in with it */
                                checkedInAt: string | null;
                            }[];
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            404: components["responses"]["RESERVATION_NOT_FOUND"];
            409: components["responses"]["RESERVATION_NOT_CONFIRMED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getTicketKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys */
            200: {
                headers: {
                    /** @description `public, max-age=300` */
                    "Cache-Control"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/jwk-set+json": {
                        keys: {
                            /** @constant */
                            kty: "OKP";
                            /** @constant */
                            crv: "Ed25519";
                            /** @example 6H9_TIt5Vrlrpdu-sTvAWsZoRE0-F-Upt1Gr2SwQEN8 */
                            x: string;
                            /**
                             * @description As the header of a code names it
                             * @example ojPe
                             */
                            kid: string;
                            /** @constant */
                            alg: "EdDSA";
                            /** @constant */
                            use: "sig";
                        }[];
                    };
                };
            };
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    checkInTicket: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example eyJhbGciOiJFZERTQSIsImtpZCI6Im9qUGUifQ.eyJyZXMiOiJGUi03SzNNOVFXMlhUIiwic2NoIjoxLCJzZWF0IjoxMDAxfQ.ovcTiaX8vEkEA_BTuxlT-eY2WFAWtxn3FLlG8Ae97w-XkHCUii-YWS8rQhQ6is4fmMJzjUO4mdaToKvzdN1zCw */
                    code: string;
                    /**
                     * @description The show of the door
                     * @example 1
                     */
                    scheduleId?: number;
                };
            };
        };
        responses: {
            /** @description Let this person in */
            200: {
                headers: {
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50
                             */
                            reservationId: string;
                            /** @example FR-7K3M9QW2XT */
                            reservationNumber: string;
                            /** @example 1 */
                            scheduleId: number;
                            seat: {
                                /** @example 1001 */
                                seatId: number;
                                /** @example 1 */
                                seatNumber: number;
                                /** @example A */
                                section: string;
                                /** @example 1 */
                                row: string;
                                /** @example VIP */
                                grade: string;
                                /**
                                 * @description In the smallest unit of the currency
                                 * @example 150000
                                 */
                                price: number;
                            };
                            /** Format: date-time */
                            checkedInAt: string;
                            /**
                             * @description The door: the subject of its token
                             * @example door-1
                             */
                            checkedInBy: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS-RESERVATION_NOT_CONFIRMED-TICKET_USED"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED-TICKET_INVALID-TICKET_OF_OTHER_SCHEDULE"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getCheckIns: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As of now */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** @example 1 */
                            scheduleId: number;
                            /**
                             * @description Seats of CONFIRMED reservations
                             * @example 960
                             */
                            tickets: number;
                            /**
                             * @description Those of them that were checked in
                             * @example 412
                             */
                            admitted: number;
                            /**
                             * @description Checked in, and cancelled afterwards: by an admin, or with the show
                             * @example 0
                             */
                            cancelledAfterAdmission: number;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    pay: {
        parameters: {
            query?: never;
            header: {
                /** @description The same key and body are the same payment. Keys are of the payment's owner: an admin who pays for a user with a key and the user who pays with the same one make one payment. */
                "Idempotency-Key": string;
                /** @description RFC 7240; `respond-async` is known, others are passed over */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: uuid */
                    reservationId: string;
                    /** @enum {string} */
                    paymentMethod: "BALANCE" | "CARD";
                    /** @description With CARD: a token of the card provider, never a card number. */
                    card?: {
                        token: string;
                    };
                    /**
                     * @description What you saw is to be paid; where the reservation costs something else: AMOUNT_CHANGED with `details` `{field, seen, now}`, and nothing is taken.
                     * @example 120000
                     */
                    amount?: number;
                    /**
                     * @description The caller's own id; only admins may name somebody else.
                     * @example 101
                     */
                    userId?: string | number;
                };
            };
        };
        responses: {
            /** @description Paid; the reservation is CONFIRMED. */
            201: {
                headers: {
                    /** @description Where it is. */
                    Location?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** Format: uuid */
                            paymentId: string;
                            /** Format: uuid */
                            reservationId: string;
                            userId: string;
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 120000
                             */
                            amount: number;
                            /** @enum {string} */
                            paymentMethod: "BALANCE" | "CARD";
                            /** @enum {string} */
                            status: "PENDING" | "APPROVED" | "FAILED" | "REFUNDED";
                            paidAt: string | null;
                            reservation: {
                                /** Format: uuid */
                                reservationId: string;
                                /**
                                 * @description For people to read out.
                                 * @example FR-7K3M9QW2XT
                                 */
                                reservationNumber: string | null;
                                /**
                                 * @description As the reservation service says now; null while it can not be asked. Of a 201, CONFIRMED: what it was when it was paid.
                                 * @example CONFIRMED
                                 */
                                status: ("HOLD" | "CONFIRMED" | "CANCELLED" | "EXPIRED") | null;
                                /** @description As they were sold. Null, as the number, in payments of an older version while the reservation service can not be asked. */
                                seats: {
                                    /** @example 1001 */
                                    seatId: number;
                                    /** @example 1 */
                                    seatNumber: number;
                                    /** @example A */
                                    section: string;
                                    /** @example 1 */
                                    row: string;
                                    /** @example VIP */
                                    grade: string;
                                    /**
                                     * @description In the smallest unit of the currency.
                                     * @example 120000
                                     */
                                    price: number;
                                }[] | null;
                            };
                        };
                    };
                };
            };
            /** @description Still being worked on, or waiting for a step of the card's owner (`nextAction`), of which it tells at once; with `Prefer: respond-async` the payment as a job. */
            202: {
                headers: {
                    /** @description Where to ask. */
                    Location?: string;
                    /** @description Seconds to wait before. */
                    "Retry-After"?: number;
                    /** @description `respond-async` */
                    "Preference-Applied"?: "respond-async";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** Format: uuid */
                            paymentId: string;
                            /** Format: uuid */
                            reservationId: string;
                            userId: string;
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 120000
                             */
                            amount: number;
                            /** @enum {string} */
                            paymentMethod: "BALANCE" | "CARD";
                            /** @enum {string} */
                            status: "PENDING" | "APPROVED" | "FAILED" | "REFUNDED";
                            paidAt: string | null;
                            reservation: {
                                /** Format: uuid */
                                reservationId: string;
                                /**
                                 * @description For people to read out.
                                 * @example FR-7K3M9QW2XT
                                 */
                                reservationNumber: string | null;
                                /**
                                 * @description As the reservation service says now; null while it can not be asked. Of a 201, CONFIRMED: what it was when it was paid.
                                 * @example CONFIRMED
                                 */
                                status: ("HOLD" | "CONFIRMED" | "CANCELLED" | "EXPIRED") | null;
                                /** @description As they were sold. Null, as the number, in payments of an older version while the reservation service can not be asked. */
                                seats: {
                                    /** @example 1001 */
                                    seatId: number;
                                    /** @example 1 */
                                    seatNumber: number;
                                    /** @example A */
                                    section: string;
                                    /** @example 1 */
                                    row: string;
                                    /** @example VIP */
                                    grade: string;
                                    /**
                                     * @description In the smallest unit of the currency.
                                     * @example 120000
                                     */
                                    price: number;
                                }[] | null;
                            };
                            /**
                             * @description How long it takes from here, where nothing is asked of the buyer.
                             * @example 3
                             */
                            estimatedWaitSeconds?: number;
                            /** @description What the card's owner has to do next (3-D Secure), in answers to them only, while the payment waits for it. Then ask for the payment until it is no longer PENDING. */
                            nextAction?: {
                                /**
                                 * @description `redirect_to_url`: send the browser to `url`, which comes back by itself. `use_provider_sdk`: hand `clientSecret` to the provider's program in the page (of Stripe: `stripe.handleNextAction({clientSecret})`).
                                 * @example redirect_to_url
                                 * @enum {string}
                                 */
                                type: "redirect_to_url" | "use_provider_sdk";
                                /**
                                 * Format: uri
                                 * @example https://hooks.stripe.com/3d_secure_2/hosted?payment_intent=pi_1
                                 */
                                url?: string;
                                /** @description Whose program: `stripe`, or `simulator`. */
                                provider?: string;
                                clientSecret?: string;
                                /**
                                 * Format: date-time
                                 * @description The end of the hold: later, the payment is given up with nothing taken.
                                 */
                                until: string;
                            };
                        } | {
                            /**
                             * Format: uuid
                             * @description The id of the payment.
                             */
                            jobId: string;
                            /**
                             * @description Nothing is before a payment that has begun.
                             * @constant
                             */
                            position: 1;
                            /** @example 1 */
                            estimatedWaitSeconds: number;
                            /** @example /api/v1/jobs/01932c07-b1d2-7a3b-8c4d-5e6f70819203 */
                            statusEndpoint: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            402: components["responses"]["CARD_DECLINED-INSUFFICIENT_BALANCE-PAYMENT_FAILED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["RESERVATION_NOT_FOUND"];
            409: components["responses"]["ALREADY_PAID-AMOUNT_CHANGED-RESERVATION_EXPIRED"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED-RESERVATION_NOT_PAYABLE"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getPayment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                paymentId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The payment. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** Format: uuid */
                            paymentId: string;
                            /** Format: uuid */
                            reservationId: string;
                            userId: string;
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 120000
                             */
                            amount: number;
                            /** @enum {string} */
                            paymentMethod: "BALANCE" | "CARD";
                            /** @enum {string} */
                            status: "PENDING" | "APPROVED" | "FAILED" | "REFUNDED";
                            paidAt: string | null;
                            reservation: {
                                /** Format: uuid */
                                reservationId: string;
                                /**
                                 * @description For people to read out.
                                 * @example FR-7K3M9QW2XT
                                 */
                                reservationNumber: string | null;
                                /**
                                 * @description As the reservation service says now; null while it can not be asked. Of a 201, CONFIRMED: what it was when it was paid.
                                 * @example CONFIRMED
                                 */
                                status: ("HOLD" | "CONFIRMED" | "CANCELLED" | "EXPIRED") | null;
                                /** @description As they were sold. Null, as the number, in payments of an older version while the reservation service can not be asked. */
                                seats: {
                                    /** @example 1001 */
                                    seatId: number;
                                    /** @example 1 */
                                    seatNumber: number;
                                    /** @example A */
                                    section: string;
                                    /** @example 1 */
                                    row: string;
                                    /** @example VIP */
                                    grade: string;
                                    /**
                                     * @description In the smallest unit of the currency.
                                     * @example 120000
                                     */
                                    price: number;
                                }[] | null;
                            };
                            /** @description Why there is no ticket, or none any more; told as soon as the saga has decided it. */
                            failure: {
                                /**
                                 * @description What POST /payments was or would have been refused with. Of one that had its ticket: RESERVATION_CANCELLED or SCHEDULE_CANCELLED.
                                 * @example RESERVATION_EXPIRED
                                 */
                                code: string;
                                /**
                                 * @description For the buyer: why, and where the money is.
                                 * @example the hold ran out while paying; the money was given back
                                 */
                                message: string;
                                /** @example RESERVATION_EXPIRED */
                                reason: string | null;
                                /**
                                 * @description Whether money was taken; null while it is being found out.
                                 * @example true
                                 */
                                moneyMoved: boolean | null;
                                /**
                                 * @description Null where there is nothing to give back.
                                 * @example REFUNDED
                                 */
                                refund: ("PENDING" | "REFUNDED") | null;
                            } | null;
                            /** @description Why it failed or was refunded, in the saga's words; `failure` has it for people. */
                            reason: string | null;
                            /** Format: date-time */
                            createdAt: string;
                            endedAt: string | null;
                            /** @description The saga's history, oldest first. */
                            steps: {
                                message: string;
                                fromState: string;
                                toState: string;
                                /** Format: date-time */
                                at: string;
                            }[];
                            /** @description What the card's owner has to do next (3-D Secure), in answers to them only, while the payment waits for it. Then ask for the payment until it is no longer PENDING. */
                            nextAction?: {
                                /**
                                 * @description `redirect_to_url`: send the browser to `url`, which comes back by itself. `use_provider_sdk`: hand `clientSecret` to the provider's program in the page (of Stripe: `stripe.handleNextAction({clientSecret})`).
                                 * @example redirect_to_url
                                 * @enum {string}
                                 */
                                type: "redirect_to_url" | "use_provider_sdk";
                                /**
                                 * Format: uri
                                 * @example https://hooks.stripe.com/3d_secure_2/hosted?payment_intent=pi_1
                                 */
                                url?: string;
                                /** @description Whose program: `stripe`, or `simulator`. */
                                provider?: string;
                                clientSecret?: string;
                                /**
                                 * Format: date-time
                                 * @description The end of the hold: later, the payment is given up with nothing taken.
                                 */
                                until: string;
                            };
                            /** @description For admins: disputes, refunds that somebody made at the card provider and refunds that it could not make. Nothing follows from them by itself. */
                            providerNotices?: {
                                /** @enum {string} */
                                kind: "DISPUTE" | "REFUND";
                                /**
                                 * @description In the provider's words, as the next two.
                                 * @example charge.dispute.created
                                 */
                                type: string;
                                status: string | null;
                                reason: string | null;
                                amount: number | null;
                                /** Format: date-time */
                                happenedAt: string;
                            }[];
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            404: components["responses"]["PAYMENT_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    takeStripeEvent: {
        parameters: {
            query?: never;
            header: {
                "Stripe-Signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example evt_1S2x3y4Z5a6B7c8D */
                    id: string;
                    /** @example payment_intent.succeeded */
                    type: string;
                    /** @example 1795656000 */
                    created: number;
                    data: {
                        object: {
                            /** @example pi_3S2x3y4Z5a6B7c8D */
                            id: string;
                        } & {
                            [key: string]: unknown;
                        };
                    } & {
                        [key: string]: unknown;
                    };
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Taken, now or before. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** @constant */
                            received: true;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            404: components["responses"]["NOT_FOUND"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                /** Format: uuid */
                                deadLetterId: string;
                                topic: string;
                                consumer: string;
                                key: string | null;
                                type: string | null;
                                /** @description As text; bytes that are not UTF-8 show as U+FFFD. */
                                value: string | null;
                                error: string;
                                attempts: number;
                                /** Format: date-time */
                                parkedAt: string;
                                retriedAt: string | null;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    retryDeadLetter: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
            };
            path: {
                deadLetterId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Published again, at `retriedAt`. */
            200: {
                headers: {
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** Format: uuid */
                            deadLetterId: string;
                            topic: string;
                            consumer: string;
                            key: string | null;
                            type: string | null;
                            /** @description As text; bytes that are not UTF-8 show as U+FFFD. */
                            value: string | null;
                            error: string;
                            attempts: number;
                            /** Format: date-time */
                            parkedAt: string;
                            retriedAt: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["DEAD_LETTER_NOT_FOUND"];
            409: components["responses"]["DEAD_LETTER_BEING_RETRIED-IDEMPOTENCY_IN_PROGRESS"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    audit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What holds and what does not; `violations` are the first few rows that break an invariant. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            holds: boolean;
                            /** Format: date-time */
                            checkedAt: string;
                            /** @description Sagas still at work; they are not judged yet. */
                            unsettled: number;
                            /** @description Sagas by state. */
                            sagas: {
                                [key: string]: number;
                            };
                            /** @description Payments that were disputed (`DISPUTE`) or given back (`REFUND`) at the card provider, without us. */
                            providerNotices: {
                                [key: string]: number;
                            };
                            /** @description Payments whose money is held while their buyer has no ticket. Those at work come and go within a moment; what stands still is told to its saga by the reconciliation. */
                            moneyWithoutTicket: {
                                /** @example 2 */
                                payments: number;
                                /**
                                 * @description How long the one that waits longest has done so; null where there is none.
                                 * @example 1.4
                                 */
                                oldestSeconds: number | null;
                                longest: {
                                    /** Format: uuid */
                                    paymentId: string;
                                    /**
                                     * @description Null where there is no such payment.
                                     * @example REFUNDING
                                     */
                                    sagaState: string | null;
                                    /** Format: date-time */
                                    since: string;
                                }[];
                            };
                            invariants: {
                                number: number;
                                name: string;
                                holds: boolean;
                                checked: number;
                                violations: string[];
                            }[];
                        };
                    };
                };
            };
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getMoney: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scheduleId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As of `serverTime`. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** @example 1 */
                            scheduleId: number;
                            /**
                             * @description All that buyers have paid, whatever became of it since.
                             * @example 32250000
                             */
                            taken: number;
                            /**
                             * @description What of it is back with them.
                             * @example 600000
                             */
                            refunded: number;
                            /** @description Payments that are PENDING; of some of them the money is taken already. */
                            pending: {
                                /** @example 3 */
                                payments: number;
                                /**
                                 * @description In the smallest unit of the currency.
                                 * @example 450000
                                 */
                                amount: number;
                            };
                            /** @description Payments whose money is taken, or may be, while their buyer has no ticket: on their way to it or back. Each is for a moment; one that stays is what to look after. */
                            withoutTicket: {
                                /** @example 1 */
                                payments: number;
                                /**
                                 * @description In the smallest unit of the currency.
                                 * @example 150000
                                 */
                                amount: number;
                                /**
                                 * @description How long the one that waits longest has done so; null where there is none.
                                 * @example 0.4
                                 */
                                oldestSeconds: number | null;
                            };
                            /** Format: date-time */
                            serverTime: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SCHEDULE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listAdminActions: {
        parameters: {
            query?: {
                /** @description Only of this service; all of them where it is left out. */
                service?: "queue" | "catalog" | "reservation" | "payment" | "wallet";
                /** @description Only of this person. */
                adminId?: string;
                /** @description Only writes to this path or below it. */
                path?: string;
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                /** Format: uuid */
                                actionId: string;
                                /**
                                 * @example wallet
                                 * @enum {string}
                                 */
                                service: "queue" | "catalog" | "reservation" | "payment" | "wallet";
                                /**
                                 * @description The subject of the token.
                                 * @example 1
                                 */
                                adminId: string;
                                /**
                                 * @description The role by which it was allowed: `admin`, or one that the route names.
                                 * @example finance
                                 * @enum {string}
                                 */
                                role: "admin" | "operator" | "finance" | "door";
                                /**
                                 * @description The route, by its `operationId` here.
                                 * @example adjustWallet
                                 */
                                operation: string;
                                /** @example POST */
                                method: string;
                                /** @example /api/v1/admin/wallets/101/adjustments */
                                path: string;
                                /**
                                 * @description As it was sent; secrets are `[hidden]`. Null where there was none.
                                 * @example {
                                 *       "amount": -5000,
                                 *       "reason": "Points of ticket 2027-118 were given twice"
                                 *     }
                                 */
                                body: unknown;
                                /** @description Its `X-Request-Id`, as logs have it. */
                                requestId: string;
                                /**
                                 * @description `DONE`; `REPLAYED`: the answer of an earlier action was given again; or the code of the refusal. Null: it is at work, or its process died before it had answered.
                                 * @example DONE
                                 */
                                outcome: string | null;
                                /**
                                 * @description Of the answer; null where none was given.
                                 * @example 201
                                 */
                                status: number | null;
                                /** Format: date-time */
                                beganAt: string;
                                endedAt: string | null;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listNotices: {
        parameters: {
            query?: {
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
                status?: "PENDING" | "SENT" | "SKIPPED" | "FAILED";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                /**
                                 * Format: uuid
                                 * @description The first part of the Message-ID.
                                 * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                                 */
                                noticeId: string;
                                /**
                                 * Format: uuid
                                 * @description The event that it tells of.
                                 * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                                 */
                                eventId: string;
                                /** @enum {string} */
                                kind: "CONFIRMATION" | "REFUND" | "SHOW_CANCELLED" | "HOLD_ENDING";
                                /** @example 101 */
                                userId: string;
                                /**
                                 * Format: uuid
                                 * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                                 */
                                reservationId: string;
                                /** @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203 */
                                paymentId: string | null;
                                /**
                                 * @description SKIPPED: when it was due there was nothing to tell any more. FAILED: parked for a person.
                                 * @enum {string}
                                 */
                                status: "PENDING" | "SENT" | "SKIPPED" | "FAILED";
                                /** @example 1 */
                                attempts: number;
                                nextAttemptAt: string | null;
                                lastError: string | null;
                                /** Format: date-time */
                                createdAt: string;
                                endedAt: string | null;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    retryNotice: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
            };
            path: {
                noticeId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Waits to be sent. */
            200: {
                headers: {
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @description The first part of the Message-ID.
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            noticeId: string;
                            /**
                             * Format: uuid
                             * @description The event that it tells of.
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            eventId: string;
                            /** @enum {string} */
                            kind: "CONFIRMATION" | "REFUND" | "SHOW_CANCELLED" | "HOLD_ENDING";
                            /** @example 101 */
                            userId: string;
                            /**
                             * Format: uuid
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            reservationId: string;
                            /** @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203 */
                            paymentId: string | null;
                            /**
                             * @description SKIPPED: when it was due there was nothing to tell any more. FAILED: parked for a person.
                             * @enum {string}
                             */
                            status: "PENDING" | "SENT" | "SKIPPED" | "FAILED";
                            /** @example 1 */
                            attempts: number;
                            nextAttemptAt: string | null;
                            lastError: string | null;
                            /** Format: date-time */
                            createdAt: string;
                            endedAt: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOTICE_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS-NOTICE_NOT_FAILED"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                /**
                                 * Format: uuid
                                 * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                                 */
                                webhookId: string;
                                /**
                                 * Format: uri
                                 * @description An https URL of the public internet without user, password and fragment, spaces and control characters. Its name is looked up, and the answer checked, at each connection.
                                 * @example https://hooks.example.com/frontrow
                                 */
                                url: string;
                                /**
                                 * @description Which events it gets.
                                 * @example [
                                 *       "payment.approved",
                                 *       "payment.refunded"
                                 *     ]
                                 */
                                eventTypes: ("payment.approved" | "payment.failed" | "payment.refunded" | "reservation.held" | "reservation.refreshed" | "reservation.confirmed" | "reservation.cancelled" | "reservation.expired" | "schedule.created" | "schedule.moved" | "schedule.seats_added" | "schedule.status_changed")[];
                                description: string | null;
                                /** @enum {string} */
                                status: "ENABLED" | "DISABLED";
                                /** @description GONE: it answered 410. FAILING: nothing was taken for three days, by default. */
                                disabledReason: ("ADMIN" | "GONE" | "FAILING") | null;
                                /** @description Since when no delivery has been taken. */
                                failingSince: string | null;
                                /** @description Until when the secret before signs too. */
                                previousSecretUntil: string | null;
                                /** Format: date-time */
                                createdAt: string;
                                /** Format: date-time */
                                updatedAt: string;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: uri
                     * @description An https URL of the public internet without user, password and fragment, spaces and control characters. Its name is looked up, and the answer checked, at each connection.
                     * @example https://hooks.example.com/frontrow
                     */
                    url: string;
                    /**
                     * @description Which events it gets.
                     * @example [
                     *       "payment.approved",
                     *       "payment.refunded"
                     *     ]
                     */
                    eventTypes: ("payment.approved" | "payment.failed" | "payment.refunded" | "reservation.held" | "reservation.refreshed" | "reservation.confirmed" | "reservation.cancelled" | "reservation.expired" | "schedule.created" | "schedule.moved" | "schedule.seats_added" | "schedule.status_changed")[];
                    /** @example Accounting */
                    description?: string;
                };
            };
        };
        responses: {
            /** @description Registered. */
            201: {
                headers: {
                    /** @description Where it is. */
                    Location?: string;
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            webhookId: string;
                            /**
                             * Format: uri
                             * @description An https URL of the public internet without user, password and fragment, spaces and control characters. Its name is looked up, and the answer checked, at each connection.
                             * @example https://hooks.example.com/frontrow
                             */
                            url: string;
                            /**
                             * @description Which events it gets.
                             * @example [
                             *       "payment.approved",
                             *       "payment.refunded"
                             *     ]
                             */
                            eventTypes: ("payment.approved" | "payment.failed" | "payment.refunded" | "reservation.held" | "reservation.refreshed" | "reservation.confirmed" | "reservation.cancelled" | "reservation.expired" | "schedule.created" | "schedule.moved" | "schedule.seats_added" | "schedule.status_changed")[];
                            description: string | null;
                            /** @enum {string} */
                            status: "ENABLED" | "DISABLED";
                            /** @description GONE: it answered 410. FAILING: nothing was taken for three days, by default. */
                            disabledReason: ("ADMIN" | "GONE" | "FAILING") | null;
                            /** @description Since when no delivery has been taken. */
                            failingSince: string | null;
                            /** @description Until when the secret before signs too. */
                            previousSecretUntil: string | null;
                            /** Format: date-time */
                            createdAt: string;
                            /** Format: date-time */
                            updatedAt: string;
                            /**
                             * @description What the receiver verifies signatures with. It is shown in this answer only, and in its repeats under the same Idempotency-Key.
                             * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD1qsVq0Ix7DU=
                             */
                            secret: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED-WEBHOOK_LIMIT_EXCEEDED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the last answer; where it is still that one, the answer is 304 without a body. */
                "If-None-Match"?: string;
            };
            path: {
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            webhookId: string;
                            /**
                             * Format: uri
                             * @description An https URL of the public internet without user, password and fragment, spaces and control characters. Its name is looked up, and the answer checked, at each connection.
                             * @example https://hooks.example.com/frontrow
                             */
                            url: string;
                            /**
                             * @description Which events it gets.
                             * @example [
                             *       "payment.approved",
                             *       "payment.refunded"
                             *     ]
                             */
                            eventTypes: ("payment.approved" | "payment.failed" | "payment.refunded" | "reservation.held" | "reservation.refreshed" | "reservation.confirmed" | "reservation.cancelled" | "reservation.expired" | "schedule.created" | "schedule.moved" | "schedule.seats_added" | "schedule.status_changed")[];
                            description: string | null;
                            /** @enum {string} */
                            status: "ENABLED" | "DISABLED";
                            /** @description GONE: it answered 410. FAILING: nothing was taken for three days, by default. */
                            disabledReason: ("ADMIN" | "GONE" | "FAILING") | null;
                            /** @description Since when no delivery has been taken. */
                            failingSince: string | null;
                            /** @description Until when the secret before signs too. */
                            previousSecretUntil: string | null;
                            /** Format: date-time */
                            createdAt: string;
                            /** Format: date-time */
                            updatedAt: string;
                        };
                    };
                };
            };
            /** @description As it was. */
            304: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["WEBHOOK_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
                /** @description The ETag of the answer that was read, such as `"v3"`. Where somebody else has changed it since: 412 PRECONDITION_FAILED. Without it, the change goes through. */
                "If-Match"?: string;
            };
            path: {
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["WEBHOOK_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS"];
            412: components["responses"]["PRECONDITION_FAILED"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
                /** @description The ETag of the answer that was read, such as `"v3"`. Where somebody else has changed it since: 412 PRECONDITION_FAILED. Without it, the change goes through. */
                "If-Match"?: string;
            };
            path: {
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: uri
                     * @description An https URL of the public internet without user, password and fragment, spaces and control characters. Its name is looked up, and the answer checked, at each connection.
                     * @example https://hooks.example.com/frontrow
                     */
                    url?: string;
                    /**
                     * @description Which events it gets.
                     * @example [
                     *       "payment.approved",
                     *       "payment.refunded"
                     *     ]
                     */
                    eventTypes?: ("payment.approved" | "payment.failed" | "payment.refunded" | "reservation.held" | "reservation.refreshed" | "reservation.confirmed" | "reservation.cancelled" | "reservation.expired" | "schedule.created" | "schedule.moved" | "schedule.seats_added" | "schedule.status_changed")[];
                    description?: string | null;
                    /** @enum {string} */
                    status?: "ENABLED" | "DISABLED";
                };
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            webhookId: string;
                            /**
                             * Format: uri
                             * @description An https URL of the public internet without user, password and fragment, spaces and control characters. Its name is looked up, and the answer checked, at each connection.
                             * @example https://hooks.example.com/frontrow
                             */
                            url: string;
                            /**
                             * @description Which events it gets.
                             * @example [
                             *       "payment.approved",
                             *       "payment.refunded"
                             *     ]
                             */
                            eventTypes: ("payment.approved" | "payment.failed" | "payment.refunded" | "reservation.held" | "reservation.refreshed" | "reservation.confirmed" | "reservation.cancelled" | "reservation.expired" | "schedule.created" | "schedule.moved" | "schedule.seats_added" | "schedule.status_changed")[];
                            description: string | null;
                            /** @enum {string} */
                            status: "ENABLED" | "DISABLED";
                            /** @description GONE: it answered 410. FAILING: nothing was taken for three days, by default. */
                            disabledReason: ("ADMIN" | "GONE" | "FAILING") | null;
                            /** @description Since when no delivery has been taken. */
                            failingSince: string | null;
                            /** @description Until when the secret before signs too. */
                            previousSecretUntil: string | null;
                            /** Format: date-time */
                            createdAt: string;
                            /** Format: date-time */
                            updatedAt: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["WEBHOOK_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS"];
            412: components["responses"]["PRECONDITION_FAILED"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
                /** @description The ETag of the answer that was read, such as `"v3"`. Where somebody else has changed it since: 412 PRECONDITION_FAILED. Without it, the change goes through. */
                "If-Match"?: string;
            };
            path: {
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @default 24 */
                    previousValidHours?: number;
                };
            };
        };
        responses: {
            /** @description With its new secret. */
            200: {
                headers: {
                    /** @description Send it as If-Match with a change. */
                    ETag?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            webhookId: string;
                            /**
                             * Format: uri
                             * @description An https URL of the public internet without user, password and fragment, spaces and control characters. Its name is looked up, and the answer checked, at each connection.
                             * @example https://hooks.example.com/frontrow
                             */
                            url: string;
                            /**
                             * @description Which events it gets.
                             * @example [
                             *       "payment.approved",
                             *       "payment.refunded"
                             *     ]
                             */
                            eventTypes: ("payment.approved" | "payment.failed" | "payment.refunded" | "reservation.held" | "reservation.refreshed" | "reservation.confirmed" | "reservation.cancelled" | "reservation.expired" | "schedule.created" | "schedule.moved" | "schedule.seats_added" | "schedule.status_changed")[];
                            description: string | null;
                            /** @enum {string} */
                            status: "ENABLED" | "DISABLED";
                            /** @description GONE: it answered 410. FAILING: nothing was taken for three days, by default. */
                            disabledReason: ("ADMIN" | "GONE" | "FAILING") | null;
                            /** @description Since when no delivery has been taken. */
                            failingSince: string | null;
                            /** @description Until when the secret before signs too. */
                            previousSecretUntil: string | null;
                            /** Format: date-time */
                            createdAt: string;
                            /** Format: date-time */
                            updatedAt: string;
                            /**
                             * @description What the receiver verifies signatures with. It is shown in this answer only, and in its repeats under the same Idempotency-Key.
                             * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD1qsVq0Ix7DU=
                             */
                            secret: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["WEBHOOK_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS"];
            412: components["responses"]["PRECONDITION_FAILED"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
                status?: "PENDING" | "DELIVERED" | "FAILED";
            };
            header?: never;
            path: {
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                /**
                                 * Format: uuid
                                 * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                                 */
                                deliveryId: string;
                                /**
                                 * Format: uuid
                                 * @description The header `webhook-id`, the same on each attempt.
                                 * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                                 */
                                eventId: string;
                                /** @enum {string} */
                                eventType: "payment.approved" | "payment.failed" | "payment.refunded" | "reservation.held" | "reservation.refreshed" | "reservation.confirmed" | "reservation.cancelled" | "reservation.expired" | "schedule.created" | "schedule.moved" | "schedule.seats_added" | "schedule.status_changed";
                                /**
                                 * @description Deliveries of one subject go out one after the other: a reservation or a schedule.
                                 * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                                 */
                                subject: string;
                                /** @enum {string} */
                                status: "PENDING" | "DELIVERED" | "FAILED";
                                /** @example 1 */
                                attempts: number;
                                /** @description Null for one that has ended, and for one that waits for another of its subject. */
                                nextAttemptAt: string | null;
                                /**
                                 * @description Of the last attempt.
                                 * @example 200
                                 */
                                responseStatus: number | null;
                                lastError: string | null;
                                /** Format: date-time */
                                createdAt: string;
                                endedAt: string | null;
                                /** @description What is sent. */
                                body: {
                                    type: string;
                                    /** Format: date-time */
                                    timestamp: string;
                                    data: {
                                        [key: string]: unknown;
                                    };
                                } & {
                                    [key: string]: unknown;
                                };
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["WEBHOOK_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    retryWebhookDelivery: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one. */
                "Idempotency-Key"?: string;
            };
            path: {
                webhookId: string;
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Waits to be sent. */
            200: {
                headers: {
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * Format: uuid
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            deliveryId: string;
                            /**
                             * Format: uuid
                             * @description The header `webhook-id`, the same on each attempt.
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            eventId: string;
                            /** @enum {string} */
                            eventType: "payment.approved" | "payment.failed" | "payment.refunded" | "reservation.held" | "reservation.refreshed" | "reservation.confirmed" | "reservation.cancelled" | "reservation.expired" | "schedule.created" | "schedule.moved" | "schedule.seats_added" | "schedule.status_changed";
                            /**
                             * @description Deliveries of one subject go out one after the other: a reservation or a schedule.
                             * @example 01932c07-b1d2-7a3b-8c4d-5e6f70819203
                             */
                            subject: string;
                            /** @enum {string} */
                            status: "PENDING" | "DELIVERED" | "FAILED";
                            /** @example 1 */
                            attempts: number;
                            /** @description Null for one that has ended, and for one that waits for another of its subject. */
                            nextAttemptAt: string | null;
                            /**
                             * @description Of the last attempt.
                             * @example 200
                             */
                            responseStatus: number | null;
                            lastError: string | null;
                            /** Format: date-time */
                            createdAt: string;
                            endedAt: string | null;
                            /** @description What is sent. */
                            body: {
                                type: string;
                                /** Format: date-time */
                                timestamp: string;
                                data: {
                                    [key: string]: unknown;
                                };
                            } & {
                                [key: string]: unknown;
                            };
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["DELIVERY_NOT_FOUND-WEBHOOK_NOT_FOUND"];
            409: components["responses"]["IDEMPOTENCY_IN_PROGRESS-WEBHOOK_DISABLED"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    chargeWallet: {
        parameters: {
            query?: never;
            header: {
                /** @description The same key and body are the same charge and get its answer, for as long as the charge is kept. Keys are of the caller: an admin who charges a user's wallet with a key and the user who does with the same one make two charges. */
                "Idempotency-Key": string;
                /** @description RFC 7240; `respond-async` is known, others are passed over */
                Prefer?: string;
            };
            path: {
                /** @description The token's subject. */
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description In the smallest unit of the currency.
                     * @example 50000
                     */
                    amount: number;
                    /** @description A token of the card provider, never a card number. Required where cards are real. A card that needs a further step of its owner (3-D Secure) is declined. The simulator knows tok_approved, which it takes where no card is named, tok_declined, tok_timeout (answers late), tok_flaky (fails, then works) and tok_action (needs a further step). */
                    card?: {
                        /** @example tok_approved */
                        token: string;
                    };
                };
            };
        };
        responses: {
            /** @description Charged. */
            200: {
                headers: {
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * @description The token's subject.
                             * @example 101
                             */
                            userId: string;
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 150000
                             */
                            chargedAmount: number;
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 150000
                             */
                            currentBalance: number;
                            /** Format: uuid */
                            transactionId: string;
                            /** Format: date-time */
                            chargedAt: string;
                        };
                    };
                };
            };
            /** @description Still being worked on. */
            202: {
                headers: {
                    /** @description Where to ask. */
                    Location?: string;
                    /** @description Seconds to wait before. */
                    "Retry-After"?: number;
                    /** @description `respond-async` */
                    "Preference-Applied"?: "respond-async";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * @description The token's subject.
                             * @example 101
                             */
                            userId: string;
                            /** Format: uuid */
                            transactionId: string;
                            /** @enum {string} */
                            status: "CHARGING" | "CHARGED" | "FAILED";
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 50000
                             */
                            amount: number;
                            /**
                             * @description Right after the charge; null unless it is CHARGED.
                             * @example 50000
                             */
                            currentBalance: number | null;
                            /** Format: date-time */
                            createdAt: string;
                            chargedAt: string | null;
                            failedAt: string | null;
                            /**
                             * @description Why it FAILED: CARD_DECLINED or TIMEOUT.
                             * @example null
                             */
                            reason: string | null;
                            /**
                             * @description The reason in words, for people.
                             * @example null
                             */
                            message: string | null;
                            /**
                             * @description Of money that was, or may have been, taken from the card for a charge that FAILED. Null: nothing was taken.
                             * @example null
                             */
                            refund: {
                                /** @enum {string} */
                                status: "PENDING" | "REFUNDED";
                            } | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            402: components["responses"]["CARD_DECLINED-PAYMENT_FAILED"];
            403: components["responses"]["FORBIDDEN"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["BALANCE_LIMIT_EXCEEDED-IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getCharge: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The token's subject. */
                userId: string;
                transactionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The charge now. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * @description The token's subject.
                             * @example 101
                             */
                            userId: string;
                            /** Format: uuid */
                            transactionId: string;
                            /** @enum {string} */
                            status: "CHARGING" | "CHARGED" | "FAILED";
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 50000
                             */
                            amount: number;
                            /**
                             * @description Right after the charge; null unless it is CHARGED.
                             * @example 50000
                             */
                            currentBalance: number | null;
                            /** Format: date-time */
                            createdAt: string;
                            chargedAt: string | null;
                            failedAt: string | null;
                            /**
                             * @description Why it FAILED: CARD_DECLINED or TIMEOUT.
                             * @example null
                             */
                            reason: string | null;
                            /**
                             * @description The reason in words, for people.
                             * @example null
                             */
                            message: string | null;
                            /**
                             * @description Of money that was, or may have been, taken from the card for a charge that FAILED. Null: nothing was taken.
                             * @example null
                             */
                            refund: {
                                /** @enum {string} */
                                status: "PENDING" | "REFUNDED";
                            } | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["CHARGE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    getBalance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The token's subject. */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The balance now. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * @description The token's subject.
                             * @example 101
                             */
                            userId: string;
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 150000
                             */
                            currentBalance: number;
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 150000
                             */
                            totalCharged: number;
                            /**
                             * @description Net of refunds.
                             * @example 150000
                             */
                            totalUsed: number;
                            /**
                             * @description What admins added, less what they took. The balance is charged − used + adjusted.
                             * @example 0
                             */
                            totalAdjusted: number;
                            lastUpdated: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    listBalanceHistory: {
        parameters: {
            query?: {
                cursor?: string;
                /** @description Items of the page at most; 20 where it is left out. */
                limit?: number;
                kind?: string;
            };
            header?: never;
            path: {
                /** @description The token's subject. */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            items: {
                                entryId: number;
                                /** Format: uuid */
                                transactionId: string;
                                /** @enum {string} */
                                kind: "CHARGE" | "DEBIT" | "REFUND" | "ADJUSTMENT";
                                /**
                                 * @description Negative where money left the wallet.
                                 * @example -70000
                                 */
                                amount: number;
                                /**
                                 * @description In the smallest unit of the currency.
                                 * @example 150000
                                 */
                                balanceAfter: number;
                                paymentId: string | null;
                                /**
                                 * @description Why an admin made it; null for the other kinds.
                                 * @example null
                                 */
                                reason: string | null;
                                /** Format: date-time */
                                createdAt: string;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    usePoints: {
        parameters: {
            query?: never;
            header: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the caller: an admin who uses a user's points with a key and the user who does with the same one make two movements. */
                "Idempotency-Key": string;
            };
            path: {
                /** @description The token's subject. */
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example 3000 */
                    amount: number;
                };
            };
        };
        responses: {
            /** @description Deducted. */
            200: {
                headers: {
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /**
                             * @description The token's subject.
                             * @example 101
                             */
                            userId: string;
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 150000
                             */
                            balance: number;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            402: components["responses"]["INSUFFICIENT_BALANCE"];
            403: components["responses"]["FORBIDDEN"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
    adjustWallet: {
        parameters: {
            query?: never;
            header: {
                /** @description The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. */
                "Idempotency-Key": string;
            };
            path: {
                /** @description The token's subject. */
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description In the smallest unit of the currency; negative takes money from the wallet.
                     * @example -5000
                     */
                    amount: number;
                    /**
                     * @description Why. The wallet's owner sees it in the history.
                     * @example Points of ticket 2027-118 were given twice
                     */
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Corrected. */
            201: {
                headers: {
                    /** @description The history of the wallet, which has it. */
                    Location?: string;
                    /** @description `true` on an answer that was given before. */
                    "Idempotency-Replayed"?: "true";
                    RateLimit: components["headers"]["RateLimit"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        success: true;
                        data: {
                            /** Format: uuid */
                            transactionId: string;
                            /**
                             * @description The token's subject.
                             * @example 101
                             */
                            userId: string;
                            /** @example -5000 */
                            amount: number;
                            reason: string;
                            /**
                             * @description In the smallest unit of the currency.
                             * @example 150000
                             */
                            currentBalance: number;
                            /**
                             * @description The admin: the subject of their token.
                             * @example 1
                             */
                            adjustedBy: string;
                            /** Format: date-time */
                            adjustedAt: string;
                        };
                    };
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            402: components["responses"]["INSUFFICIENT_BALANCE"];
            403: components["responses"]["FORBIDDEN"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["BALANCE_LIMIT_EXCEEDED-IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["UNAVAILABLE"];
            504: components["responses"]["TIMEOUT"];
        };
    };
}
