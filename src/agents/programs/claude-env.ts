/**
 * The environment of Claude Code, also inside other programs: no memory of the user, no traffic except to the model,
 * and no paid calls beside the work (titles, suggestions, summaries).
 */
export const claudeEnv: Readonly<Record<string, string>> = {
  CLAUDE_CODE_DISABLE_AGENT_PROGRESS_SUMMARIES: '1',
  CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
  CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY: '1',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  CLAUDE_CODE_DISABLE_REFUSAL_FALLBACK: '1',
  CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION: 'false',
  CLAUDE_CODE_MAX_RETRIES: '4',
  DISABLE_AUTOUPDATER: '1',
  DISABLE_TELEMETRY: '1',
  ENABLE_TOOL_SEARCH: 'false',
};
