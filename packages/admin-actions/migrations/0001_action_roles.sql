-- The role by which an action was allowed. Until now it was always admin, and it is what a service of the version before writes, which lets in nobody else.
ALTER TABLE admin_actions ADD COLUMN role text NOT NULL DEFAULT 'admin';
