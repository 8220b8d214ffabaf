DROP VIEW IF EXISTS accuracy;
DROP VIEW IF EXISTS costs;
CREATE OR REPLACE VIEW texts AS
SELECT
    id, time, service_name, gen_ai_input_messages, gen_ai_output_messages, gen_ai_system_instructions,
    gen_ai_retrieval_documents, logprobs, embedding
FROM bodies;
ALTER TABLE bodies DROP COLUMN IF EXISTS top_logprobs;
