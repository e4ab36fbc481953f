-- Whose ticket a request number is: acquirers report about tickets by it.
CREATE TABLE tickets (
    request      text PRIMARY KEY,
    conversation text NOT NULL
);
