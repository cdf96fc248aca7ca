import { withTheme } from '@rjsf/core'
import { templates } from './templates'
import { widgets } from './widgets'

/** A form made from a JSON Schema, in the look of the rest of the UI. */
export const SchemaForm = withTheme({ templates, widgets })
