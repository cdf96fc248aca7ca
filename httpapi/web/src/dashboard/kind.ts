/** What an environment is for, as far as its name and image tell; for its icon alone. */
export type Kind = 'statistics' | 'notebook' | 'app' | 'editor' | 'terminal' | 'desktop' | 'data' | 'other'

// The first that fits counts: a Jupyter with R is a notebook.
const signs: [Kind, RegExp][] = [
  ['notebook', /jupyter|notebook|marimo|zeppelin/i],
  ['app', /shiny|streamlit|dash\b|gradio|voila|bokeh/i],
  ['statistics', /rstudio|statistic|rocker|tidyverse|bioconductor|stata|\bspss\b/i],
  ['editor', /code-server|vs ?code|openvscode|theia|\bide\b/i],
  ['desktop', /desktop|novnc|\bvnc\b|guacamole|\bxfce\b/i],
  ['data', /postgres|mysql|mariadb|mongo|neo4j|database|sql\b|adminer|openrefine/i],
  ['terminal', /terminal|ttyd|wetty|shell|bash/i],
]

const found = (words: string): Kind | undefined => signs.find(([, sign]) => sign.test(words))?.[0]

/** What the name says counts before what the image does: that was written for people. */
export const kindOf = (name: string, image: string): Kind => found(name) ?? found(image) ?? 'other'
